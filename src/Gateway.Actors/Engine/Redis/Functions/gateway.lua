#!lua name=gateway_1
-- Everything the gateway does inside Redis, as one library. A function touches the keys of one partition only (one hash tag, one slot), so each call
-- is atomic. Rules for all of them: validate first, write last (a function that fails midway is not undone); KEYS[1] is the partition's `inc`;
-- ARGV[1] is the run id of the process the caller believes to speak to, ARGV[2] the time in ms (tests) or empty (Redis's own).

local LEASE = 5000          -- ms that a node counts as alive after a beat
local SILENCE = 3000        -- ms without any node's beat (one a second is due from each) after which all leases begin anew: who is
                            -- cut off together is not back together, and the first one must not take the others for dead
local FORMER = 64           -- former generations and epochs that are remembered
local PRESENCE_LOG = 256    -- presence changes that can be caught up with, a room
local NOTICES = 1000        -- notices to nodes that can be caught up with, a partition

-- -- time and fence ---------------------------------------------------------------------------------------------------------

local function base36(number)
  local digits, text = '0123456789abcdefghijklmnopqrstuvwxyz', ''
  repeat
    local rest = number % 36
    text = string.sub(digits, rest + 1, rest + 1) .. text
    number = (number - rest) / 36
  until number == 0
  return text
end

-- An id that no two moments of one process share, nor two processes.
local function freshId(run)
  local time = redis.call('TIME')
  return base36(time[1] * 1000000 + time[2]) .. string.sub(run, 1, 4)
end

local function split(text, separator)
  local parts = {}
  for part in string.gmatch(text, '[^' .. separator .. ']+') do
    parts[#parts + 1] = part
  end
  return parts
end

local function number(text)
  return tonumber(text) or 0
end

-- Numbers go out as text: Lua's own formatting turns large ones into floats.
local function text(integer)
  return string.format('%.0f', integer)
end

-- The partition as it stands: time, generation, hold. A Redis process that is not the one that wrote last begins a new generation:
-- what it has is what is true from now on, and each room begins a new epoch when it is next touched.
local function partition(keys, args)
  local inc = keys[1]
  local known = redis.call('HMGET', inc, 'run', 'gen', 'off', 'last', 'beat', 'hold', 'gens', 'pseq')
  local p = { inc = inc, run = known[1], gen = known[2], gens = known[7] or '', pseq = number(known[8]) }

  if p.run ~= args[1] then
    local real = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
    if p.run ~= real then
      local former = split(p.gens, ',')
      former[#former + 1] = p.gen or nil
      while #former > FORMER do
        table.remove(former, 1)
      end
      p.run, p.gens, p.gen = real, table.concat(former, ','), freshId(real)
      redis.call('HSET', inc, 'run', p.run, 'gen', p.gen, 'gens', p.gens)
    end
  end

  -- Steps of the clock backwards are taken out, for deadlines; events bear the wall clock.
  if args[2] ~= '' then
    p.wall = number(args[2])
  else
    local time = redis.call('TIME')
    p.wall = time[1] * 1000 + math.floor(time[2] / 1000)
  end
  p.offset, p.last = number(known[3]), number(known[4])
  p.now = math.max(p.wall + p.offset, p.last)

  -- Where nobody could beat, nobody could come back either: everyone gets the grace period anew.
  p.beat = number(known[5])
  p.hold = number(known[6])
  p.held = p.beat > 0 and p.now - p.beat > SILENCE
  return p
end

local function isDue(p, deadline)
  return not p.held and deadline <= p.now and p.hold <= p.now
end

-- -- start ------------------------------------------------------------------------------------------------------------------

-- What the caller's user may not do of what the gateway does: ARGV from the third are the shard channel to try, then commands.
redis.register_function{
  function_name = 'gw1_rights',
  flags = { 'no-writes' },
  callback = function(keys, args)
    local missing = {}
    for i = 4, #args do
      -- Redis 7.0 looks for keys and channels where they should be, also behind the last argument: so there are always some.
      local onChannels = string.find(args[i], 'PUBLISH') or string.find(args[i], 'SUBSCRIBE')
      local object = onChannels and args[3] or keys[1]
      local known, allowed = pcall(redis.acl_check_cmd, args[i], object, object, object)
      if not (known and allowed) then
        missing[#missing + 1] = args[i] .. (onChannels and ' on the channels gw:*' or '')
      end
    end
    return missing
  end
}

-- How many partitions there are here: as ARGV[3] says, where nobody has said it before.
redis.register_function('gw1_install', function(keys, args)
  redis.call('HSETNX', keys[2], 'partitions', args[3])
  return redis.call('HGET', keys[2], 'partitions')
end)

-- -- rooms ------------------------------------------------------------------------------------------------------------------

-- A room's epoch, top and lineage as they stand for this generation, and what is known of its id window. Nothing is written.
local function room(p, meta)
  local known = redis.call('HMGET', meta, 'e', 't', 'g', 'l', 'x', 'n', 'w', 'b')
  if known[3] == p.gen then
    return { epoch = known[1], top = number(known[2]), lineage = known[4], known = known }
  end

  local lineage, r = split(known[4] or '', ','), { known = known }
  if not known[1] then
    for _, gen in ipairs(split(p.gens, ',')) do
      lineage[#lineage + 1] = gen .. ':0'
    end
    r.epoch, r.top, r.isNew = p.gen, 0, true
  else
    -- Generations in which it was not written to were its epochs too, and lost nothing of it.
    local cut = ':' .. known[2]
    lineage[#lineage + 1] = known[1] .. cut
    local after = false
    for _, gen in ipairs(split(p.gens, ',')) do
      if after and gen ~= known[1] then
        lineage[#lineage + 1] = gen .. cut
      end
      after = after or gen == known[3]
    end
    r.epoch, r.top, r.isRolled = p.gen, number(known[2]), true
  end
  while #lineage > FORMER do
    table.remove(lineage, 1)
  end
  r.lineage = table.concat(lineage, ',')
  return r
end

-- Makes what `room` saw the room's state. A new room gets an epoch of its own, so that one which expired and came again is another.
local function settle(p, meta, r)
  if r.isNew then
    r.lineage = r.lineage .. (r.lineage == '' and '' or ',') .. p.gen .. ':0'
    r.epoch = freshId(p.run)
  end
  if r.isNew or r.isRolled then
    redis.call('HSET', meta, 'e', r.epoch, 't', text(r.top), 'g', p.gen, 'l', r.lineage)
  end
end

-- The partition's change number, one up; the room's name goes into the change feed that nodes poll.
local function touch(p, hot, name)
  p.pseq = p.pseq + 1
  local change = text(p.pseq)
  redis.call('HSET', p.inc, 'pseq', change)
  redis.call('ZADD', hot, change, name)
  return change
end

-- [events]

local EMPTY_LIFE = 86400000        -- ms that the epoch of a room without an event is kept once somebody was told of it
local ROOM_LIFE = 30 * 86400000   -- ms that a room's position and cursors outlive its last event, at least
local TRIM_LOT = 32               -- events looked at for their age at a time
local PAGE_LOT = 64               -- events read at a time, so that a page's bound in bytes bounds the work as well

-- Deadlines of keys are renewed when a sixteenth of the time is over, so they are set an eighth later.
local function expire(key, ms)
  redis.call('PEXPIRE', key, text(math.floor(ms * 1.125) + 60000))
end

-- What is remembered of a client's id, where that still counts: younger than the window, and among the last so many.
local function remembered(ids, former, p, id, window, windowMs, idMax)
  local found = redis.call('HGET', ids, id) or (number(window.before) > 0 and redis.call('HGET', former, id))
  if not found then
    return nil
  end
  local epoch, seq, at, ordinal = string.match(found, '^(%S+) (%d+) (%d+) (%d+)$')
  if p.wall - number(at) > windowMs or number(ordinal) <= window.last - idMax then
    return nil
  end
  return { epoch, seq, at, '1' }
end

-- The id window is two hashes: the one in use, and the one before it, which goes as soon as nothing in it can count any more.
-- Answers the number of the id.
local function remember(ids, former, ts, p, window, id, value, windowMs, idMax)
  local fresh = not window.began or p.wall - number(window.began) > windowMs or window.last - number(window.before) >= idMax
  local ordinal = text(window.last + 1)
  if fresh then
    redis.call('UNLINK', former)
    if redis.call('EXISTS', ids) == 1 then
      redis.call('RENAME', ids, former)
    end
    window.began, window.before = ts, text(window.last)
  end
  redis.call('HSET', ids, id, value .. ' ' .. ordinal)
  if fresh then
    -- It is written to for one window and looked at for another.
    redis.call('PEXPIRE', ids, text(2 * windowMs + 60000))
  end
  return ordinal
end

-- Deletes what is too old, some at a time; twice as fast as it comes.
local function trim(events, visibleFrom)
  local oldest = redis.call('XRANGE', events, '-', '+', 'COUNT', 1)[1]
  if not oldest or number(oldest[2][4]) >= visibleFrom then
    return
  end
  local past
  for _, entry in ipairs(redis.call('XRANGE', events, '-', '+', 'COUNT', TRIM_LOT)) do
    if number(entry[2][4]) >= visibleFrom then
      break
    end
    past = number(string.match(entry[1], '^%d+'))
  end
  redis.call('XTRIM', events, 'MINID', text(past + 1))
end

-- publish(inc hot rooms meta events ids formerIds | room channel id body historySize ttlMs windowMs idMax) → epoch seq ts duplicate.
-- The id is empty where it need not be remembered.
local function publish(names, args)
  local p = partition(names, args)
  local meta, events, ids, former = names[4], names[5], names[6], names[7]
  local name, id, body, windowMs, idMax = args[3], args[5], args[6], number(args[9]), number(args[10])
  local r = room(p, meta)
  local renewAt, window = r.known[5], { last = number(r.known[6]), before = r.known[7], began = r.known[8] }
  if id ~= '' then
    local first = remembered(ids, former, p, id, window, windowMs, idMax)
    if first then
      -- A write, so that whoever waits for replicas waits for all that came before it.
      redis.call('HSET', p.inc, 'run', p.run)
      return first
    end
  end

  settle(p, meta, r)
  local top, epoch, ts = r.top + 1, r.epoch, text(p.wall)
  local seq = text(top)
  redis.call('XADD', events, 'MAXLEN', '~', args[7], seq .. '-0', 'e', epoch, 't', ts, 'b', body)
  if id ~= '' then
    local ordinal = remember(ids, former, ts, p, window, id, epoch .. ' ' .. seq .. ' ' .. ts, windowMs, idMax)
    redis.call('HSET', meta, 't', seq, 'n', ordinal, 'w', window.before, 'b', window.began)
  else
    redis.call('HSET', meta, 't', seq)
  end

  if top % 16 == 1 or r.isNew or r.isRolled then
    redis.call('ZADD', names[3], 0, name)
    trim(events, p.wall - number(args[8]))
  end
  if not renewAt or p.wall >= number(renewAt) then
    local ttl = number(args[8])
    expire(events, ttl)
    expire(meta, math.max(ttl, ROOM_LIFE))
    redis.call('HSET', meta, 'x', text(p.wall + math.floor(ttl / 16)))
  end
  redis.call('SPUBLISH', args[4], 'E ' .. touch(p, names[2], name) .. ' ' .. seq .. ' ' .. ts .. ' ' .. epoch .. ' ' .. body)
  return { epoch, seq, ts, '0' }
end

-- forget(inc hot meta events ids formerIds cursors | room channel epoch) → epoch. The caller brings the epoch, so that asking twice is asking once.
local function forget(names, args)
  local p = partition(names, args)
  local meta, epoch = names[3], args[5]
  if redis.call('HGET', meta, 'e') == epoch then
    redis.call('HSET', p.inc, 'run', p.run)
    return { epoch }
  end
  redis.call('UNLINK', meta, names[4], names[5], names[6], names[7])
  redis.call('HSET', meta, 'e', epoch, 't', '0', 'g', p.gen, 'l', '')
  expire(meta, ROOM_LIFE)
  redis.call('SPUBLISH', args[4], 'Z ' .. touch(p, names[2], args[3]) .. ' ' .. epoch)
  return { epoch }
end

-- Appends events as id, epoch, ts, body; true where there are more in that direction. What is older than visibleFrom is skipped upwards and ends it downwards.
local function page(answer, events, upwards, from, limit, maxBytes, visibleFrom)
  local count, bytes, start = 0, 0, text(from)
  while true do
    local lot = math.min(PAGE_LOT, limit - count + 1)
    local entries = upwards and redis.call('XRANGE', events, start, '+', 'COUNT', lot) or redis.call('XREVRANGE', events, start, '-', 'COUNT', lot)
    for _, entry in ipairs(entries) do
      local fields = entry[2]
      if number(fields[4]) < visibleFrom then
        if not upwards then
          return false
        end
      else
        bytes = bytes + #fields[6] + 192
        if count >= limit or (count > 0 and bytes > maxBytes) then
          return true
        end
        count = count + 1
        answer[#answer + 1] = entry[1]
        answer[#answer + 1] = fields[2]
        answer[#answer + 1] = fields[4]
        answer[#answer + 1] = fields[6]
      end
    end
    if #entries < lot then
      return false
    end
    start = '(' .. entries[#entries][1]
  end
end

local function flag(condition)
  return condition and '1' or '0'
end

-- read(inc meta events | epoch direction from limit maxBytes ttlMs) → epoch top lineage more, then the events. None where the room's epoch
-- is another than the given one (empty: any); what a position of that one proves is the caller's to judge. from: empty for the top.
local function read(names, args)
  local p = partition(names, args)
  local r = room(p, names[2])
  local answer = { r.epoch, text(r.top), r.lineage, '0' }
  if args[3] ~= '' and args[3] ~= r.epoch then
    return answer
  end
  local upwards, from = args[4] == 'up', tonumber(args[5]) or r.top
  from = upwards and from or math.min(from, r.top)
  if from >= 1 and from <= r.top then
    answer[4] = flag(page(answer, names[3], upwards, from, number(args[6]), number(args[7]), p.wall - number(args[8])))
  end
  return answer
end

-- catchup(inc meta events cursors presence presenceLog | epoch after version change limit maxBytes) →
-- epoch top lineage first change version more, counts of events, presence changes and cursors, then these. Without an epoch: only the
-- first seven. No events where the room's epoch is another than the given one.
local function catchup(names, args)
  local p = partition(names, args)
  local r = room(p, names[2])
  local oldest = redis.call('XRANGE', names[3], '-', '+', 'COUNT', 1)[1]
  local first = oldest and string.match(oldest[1], '^%d+') or text(r.top + 1)
  local version = redis.call('HGET', names[5], 'v') or '0'
  -- Who listens to a room that has nothing yet is told the epoch that its first event will bear.
  if r.isNew and args[3] == '' then
    settle(p, names[2], r)
    expire(names[2], EMPTY_LIFE)
  end
  local answer = { r.epoch, text(r.top), r.lineage, first, text(p.pseq), version, '0', '0', '0', '0' }
  if args[3] == '' then
    return answer
  end

  local from = math.max(number(args[4]) + 1, number(first))
  if args[3] == r.epoch and from <= r.top then
    answer[7] = flag(page(answer, names[3], true, from, number(args[7]), number(args[8]), 0))
    answer[8] = text((#answer - 10) / 4)
  end
  if number(version) > number(args[5]) then
    local changes = redis.call('XRANGE', names[6], '(' .. args[5] .. '-0', '+')
    for _, change in ipairs(changes) do
      answer[#answer + 1] = change[2][2]
    end
    answer[9] = text(#changes)
  end
  if number(redis.call('HGET', names[2], 'c')) > number(args[6]) then
    local cursors, count = redis.call('HGETALL', names[4]), 0
    for i = 1, #cursors, 2 do
      local seq, change = string.match(cursors[i + 1], '^(%d+) (%d+)$')
      if number(change) > number(args[6]) then
        answer[#answer + 1] = cursors[i]
        answer[#answer + 1] = seq
        count = count + 1
      end
    end
    answer[10] = text(count)
  end
  return answer
end

-- describe(inc rooms meta events presence | room) → epoch top first users connections. One that has nothing leaves the list of rooms.
local function describe(names, args)
  local p = partition(names, args)
  local r = room(p, names[3])
  local oldest = redis.call('XRANGE', names[4], '-', '+', 'COUNT', 1)[1]
  local there = redis.call('HMGET', names[5], 'n', 'c')
  if r.top == 0 and number(there[1]) == 0 then
    redis.call('ZREM', names[2], args[3])
  end
  return { r.epoch, text(r.top), oldest and string.match(oldest[1], '^%d+') or '0', text(number(there[1])), text(number(there[2])) }
end

-- cursor(inc hot meta cursors | room channel user status seq max) → moved, same or full. A cursor is "seq change".
local function cursor(names, args)
  local p = partition(names, args)
  local r = room(p, names[3])
  local seq, field = math.min(number(args[7]), r.top), args[6] .. args[5]
  if seq <= 0 then
    return { 'same' }
  end
  local known = redis.call('HGET', names[4], field)
  if known and number(string.match(known, '^%d+')) >= seq then
    return { 'same' }
  end
  if not known and redis.call('HLEN', names[4]) >= number(args[8]) then
    return { 'full' }
  end
  settle(p, names[3], r)
  local change = touch(p, names[2], args[3])
  redis.call('HSET', names[4], field, text(seq) .. ' ' .. change)
  redis.call('HSET', names[3], 'c', change)
  expire(names[4], ROOM_LIFE)
  redis.call('SPUBLISH', args[4], 'C ' .. change .. ' ' .. args[6] .. ' ' .. text(seq) .. ' ' .. args[5])
  return { 'moved' }
end

redis.register_function('gw1_publish', publish)
redis.register_function('gw1_forget', forget)
-- Reads write no more than a new generation and the epoch of a new room, so they go on when memory is out.
redis.register_function { function_name = 'gw1_read', callback = read, flags = { 'allow-oom' } }
redis.register_function { function_name = 'gw1_catchup', callback = catchup, flags = { 'allow-oom' } }
redis.register_function { function_name = 'gw1_describe', callback = describe, flags = { 'allow-oom' } }
redis.register_function('gw1_cursor', cursor)

-- [presence]

-- A room's presence: v(ersion) g(eneration) n (users) c(onnections), `s:<session>` → "fence owner user" (owner: the incarnation that holds it,
-- or - in the grace period), `u:<user>` → "sessions devices since name".

local EMPTY = 600000        -- ms that an empty room's version is kept; a later one begins at the time, so it never goes back
local QUIET = 10000         -- ms of a new generation in which nobody can have been told that a session was away

local function entry(...)
  return table.concat({ ... }, '\0')
end

-- An id of a stream counts up for as long as its partition's own numbers do; where those were lost and the stream was not, the stream begins anew.
local function append(stream, id, bound, text)
  local added = redis.pcall('XADD', stream, 'MAXLEN', '~', bound, id .. '-0', 'd', text)
  if type(added) == 'table' and added.err then
    redis.call('DEL', stream)
    redis.call('XADD', stream, id .. '-0', 'd', text)
  end
  redis.call('PEXPIRE', stream, EMPTY)
end

local function presenceOf(p, key)
  local known = redis.call('HMGET', key, 'v', 'g', 'n', 'c')
  return {
    key = key, version = known[1] and number(known[1]) or p.now, gen = known[2], users = number(known[3]), connections = number(known[4]),
  }
end

local function settlePresence(r)
  redis.call('HSET', r.key, 'v', text(r.version), 'g', r.gen or '', 'n', text(r.users), 'c', text(math.max(0, r.connections)))
  if r.users == 0 then
    redis.call('PEXPIRE', r.key, EMPTY)
  else
    redis.call('PERSIST', r.key)
  end
end

local function holderOf(r, session)
  local known = redis.call('HGET', r.key, 's:' .. session)
  if not known then
    return nil
  end
  local fence, owner, user = string.match(known, '^(%d+) (%S+) (%S+)$')
  return { fence = number(fence), owner = owner, user = user }
end

local function setHolder(r, session, holder)
  redis.call('HSET', r.key, 's:' .. session, text(holder.fence) .. ' ' .. holder.owner .. ' ' .. holder.user)
end

local function presentOf(r, user)
  local known = redis.call('HGET', r.key, 'u:' .. user)
  if not known then
    return nil
  end
  local sessions, devices, since, name = string.match(known, '^(%d+) (%d+) (%d+) (.*)$')
  return { sessions = number(sessions), devices = number(devices), since = since, name = name }
end

local function setPresent(r, user, present)
  redis.call('HSET', r.key, 'u:' .. user, table.concat({ text(present.sessions), text(math.max(0, present.devices)), present.since, present.name }, ' '))
end

-- Says that a user came (+), went (-), or counts again without anyone having been told that they were away (=).
local function announce(p, k, r, kind, reason, user, name)
  if r.gen ~= p.gen then
    r.gen, r.version = p.gen, math.max(r.version, p.now)
  end
  r.version = r.version + 1
  local change = table.concat({ text(r.version), kind, reason, text(r.users), text(p.wall), user, name }, ' ')
  local pseq = touch(p, k.hot, k.room)
  append(k.log, text(r.version), PRESENCE_LOG, change)
  redis.call('SPUBLISH', k.channel, 'P ' .. pseq .. ' ' .. change)
end

-- A session counts in the room no longer.
local function dismiss(p, k, r, session, holder, reason)
  redis.call('HDEL', r.key, 's:' .. session)
  local present = presentOf(r, holder.user) or { sessions = 1, devices = 0, since = text(p.wall), name = holder.user }
  if holder.owner ~= '-' then
    present.devices = present.devices - 1
    r.connections = r.connections - 1
  end
  present.sessions = present.sessions - 1
  if present.sessions > 0 then
    setPresent(r, holder.user, present)
  else
    redis.call('HDEL', r.key, 'u:' .. holder.user)
    r.users = r.users - 1
    announce(p, k, r, '-', reason, holder.user, present.name)
  end
  settlePresence(r)
end

local function membersOf(r, limit)
  local answer = { 'ok', text(r.version), text(r.users) }
  if r.users <= limit then
    local all = redis.call('HGETALL', r.key)
    for i = 1, #all, 2 do
      if string.sub(all[i], 1, 2) == 'u:' then
        answer[#answer + 1] = string.sub(all[i], 3)
        answer[#answer + 1] = all[i + 1]
      end
    end
  end
  return answer
end

-- Data that was lost is told by nobody's coming back: the nodes bring their sessions again, unseen, while the generation is young.
local function isQuiet(p)
  local born = redis.call('HMGET', p.inc, 'bgen', 'born')
  return born[1] ~= p.gen or p.now - number(born[2]) <= QUIET
end

-- keys: inc presence log channel hot rooms own grace lease; args: run clock owner room user session fence name silent limit
local function presenceJoin(keys, args)
  local p, r = partition(keys, args), nil
  local k = { log = keys[3], channel = keys[4], hot = keys[5], room = args[4] }
  local owner, user, session, fence, name = args[3], args[5], args[6], number(args[7]), args[8]
  if not redis.call('ZSCORE', keys[9], owner) then
    return { 'fenced' }
  end
  r = presenceOf(p, keys[2])
  local holder = holderOf(r, session)
  if holder and holder.fence > fence then
    return { 'stale' }
  end

  if holder and holder.owner == '-' then
    local member = entry(k.room, user, session)
    local deadline = redis.call('ZSCORE', keys[8], member)
    redis.call('ZREM', keys[8], member)
    if deadline and isDue(p, number(deadline)) then
      dismiss(p, k, r, session, holder, 'T')
      holder = nil
    end
  elseif holder then
    redis.call('ZREM', keys[7], entry(holder.owner, k.room, user, session))
  end

  redis.call('ZADD', keys[7], 0, entry(owner, k.room, user, session))
  setHolder(r, session, { fence = fence, owner = owner, user = user })
  local present = presentOf(r, user)
  local isNew = not present
  present = present or { sessions = 0, devices = 0, since = text(p.wall) }
  present.name = name
  if not holder then
    present.sessions = present.sessions + 1
  end
  if not holder or holder.owner == '-' then
    present.devices = present.devices + 1
    r.connections = r.connections + 1
  end
  setPresent(r, user, present)
  if isNew then
    r.users = r.users + 1
    redis.call('ZADD', keys[6], 0, k.room)
    announce(p, k, r, (args[9] == '1' and isQuiet(p)) and '=' or '+', '-', user, name)
  end
  settlePresence(r)
  return membersOf(r, tonumber(args[10]))
end

-- A session leaves the room now (reason), or begins its grace period (at the time given or now). Only as its owner knew it: `fence` is the
-- highest that may go, `owner` the incarnation that must hold it; either may be empty.
-- keys: inc presence log channel hot own grace; args: run clock room user session fence owner reason|'' at|'' graceMs
local function presenceLeave(keys, args)
  local p = partition(keys, args)
  local k = { log = keys[3], channel = keys[4], hot = keys[5], room = args[3] }
  local user, session, owner, reason = args[4], args[5], args[7], args[8]
  local member = entry(k.room, user, session)
  local r = presenceOf(p, keys[2])
  local holder = holderOf(r, session)
  if owner ~= '' and (not holder or holder.owner ~= owner) then
    redis.call('ZREM', keys[6], entry(owner, member))
    return { holder and 'stale' or 'none' }
  end
  if not holder then
    redis.call('ZREM', keys[7], member)
    return { 'none' }
  end
  if args[6] ~= '' and holder.fence > number(args[6]) then
    return { 'stale' }
  end

  if holder.owner ~= '-' then
    redis.call('ZREM', keys[6], entry(holder.owner, member))
  end
  if reason ~= '' then
    redis.call('ZREM', keys[7], member)
    dismiss(p, k, r, session, holder, reason)
    return { 'ok' }
  end
  if holder.owner == '-' then
    return { 'ok' }
  end
  redis.call('ZADD', keys[7], text((args[9] ~= '' and number(args[9]) or p.now) + number(args[10])), member)
  holder.owner = '-'
  setHolder(r, session, holder)
  local present = presentOf(r, user)
  if present then
    present.devices = present.devices - 1
    setPresent(r, user, present)
  end
  r.connections = r.connections - 1
  settlePresence(r)
  return { 'ok' }
end

-- The end of a grace period, for whoever finds it first. An empty deadline is whatever it is.
-- keys: inc presence log channel hot grace; args: run clock room user session deadline
local function presenceDue(keys, args)
  local p = partition(keys, args)
  local k = { log = keys[3], channel = keys[4], hot = keys[5], room = args[3] }
  local member = entry(k.room, args[4], args[5])
  local deadline = redis.call('ZSCORE', keys[6], member)
  if not deadline or (args[6] ~= '' and number(deadline) ~= number(args[6])) or not isDue(p, number(deadline)) then
    return { 'none' }
  end
  redis.call('ZREM', keys[6], member)
  local r = presenceOf(p, keys[2])
  local holder = holderOf(r, args[5])
  if holder and holder.owner == '-' then
    dismiss(p, k, r, args[5], holder, 'T')
  end
  return { 'ok' }
end

-- keys: inc presence; args: run clock limit
local function presenceWho(keys, args)
  return membersOf(presenceOf(partition(keys, args), keys[2]), tonumber(args[3]))
end

redis.register_function('gw1_presence_join', presenceJoin)
redis.register_function{ function_name = 'gw1_presence_leave', callback = presenceLeave, flags = { 'allow-oom' } }
redis.register_function{ function_name = 'gw1_presence_due', callback = presenceDue, flags = { 'allow-oom' } }
redis.register_function('gw1_presence_who', presenceWho)

-- [sessions]

-- A user's sessions: `s:<session>` → "fence owner connection detachedAt" (owner: the incarnation that holds it, - while it is detached, ~ where it
-- has given way and only its grace period is left), `n:<session>` its name, `r:<session>` its rooms, and `refused` → until when the user is.

local function recordOf(user, session)
  local known = redis.call('HMGET', user, 's:' .. session, 'n:' .. session, 'r:' .. session)
  if not known[1] then
    return nil
  end
  local fence, owner, connection, at = string.match(known[1], '^(%d+) (%S+) (%d+) (%d+)$')
  return {
    id = session, fence = number(fence), owner = owner, connection = connection, at = number(at), name = known[2] or '', rooms = known[3] or '',
    attached = owner ~= '-' and owner ~= '~',
  }
end

local function recordsOf(user)
  local records = {}
  for _, field in ipairs(redis.call('HKEYS', user)) do
    if string.sub(field, 1, 2) == 's:' then
      records[#records + 1] = recordOf(user, string.sub(field, 3))
    end
  end
  table.sort(records, function(one, other) return one.id < other.id end)
  return records
end

local function setRecord(user, record)
  redis.call('HSET', user, 's:' .. record.id, table.concat({ text(record.fence), record.owner, record.connection, text(record.at) }, ' '))
end

local function dropRecord(user, record)
  redis.call('HDEL', user, 's:' .. record.id, 'n:' .. record.id, 'r:' .. record.id)
end

local function contains(rooms, room)
  return string.find(' ' .. rooms .. ' ', ' ' .. room .. ' ', 1, true) ~= nil
end

-- The rooms with one more or one less.
local function setRoom(user, record, room, isIn)
  local rooms = {}
  for _, one in ipairs(split(record.rooms, ' ')) do
    if one ~= room then
      rooms[#rooms + 1] = one
    end
  end
  if isIn then
    rooms[#rooms + 1] = room
  end
  record.rooms = table.concat(rooms, ' ')
  redis.call('HSET', user, 'r:' .. record.id, record.rooms)
end

local function refusedUntil(p, user)
  local refused = number(redis.call('HGET', user, 'refused'))
  return refused > p.wall and refused or 0
end

-- A user who is only refused is forgotten with the refusal; one with sessions stays.
local function keep(p, user, hasSessions)
  if hasSessions then
    redis.call('PERSIST', user)
  else
    local refused = refusedUntil(p, user)
    if refused == 0 then
      redis.call('DEL', user)
    else
      redis.call('PEXPIRE', user, text(refused - p.wall))
    end
  end
end

local function hasRecords(user)
  return redis.call('HLEN', user) - redis.call('HEXISTS', user, 'refused') > 0
end

-- What all nodes are to know: kept for those who did not hear it, and said at once.
local function notify(p, stream, channel, notice)
  local seq = text(redis.call('HINCRBY', p.inc, 'lseq', 1))
  append(stream, seq, NOTICES, notice)
  redis.call('SPUBLISH', channel, seq .. ' ' .. notice)
  return seq
end

-- keys: inc user own lease; args: run clock owner user session connection name
local function sessionOpen(keys, args)
  local p, user = partition(keys, args), keys[2]
  if not redis.call('ZSCORE', keys[4], args[3]) then
    return { 'fenced' }
  end
  if refusedUntil(p, user) > 0 then
    return { 'refused' }
  end
  redis.call('HSET', user, 'n:' .. args[5], args[7], 'r:' .. args[5], '')
  setRecord(user, { id = args[5], fence = 1, owner = args[3], connection = args[6], at = 0 })
  redis.call('ZADD', keys[3], 0, entry(args[3], '', args[4], args[5]))
  keep(p, user, true)
  return { 'ok' }
end

-- keys: inc user own grace lease notices channel; args: run clock owner user session connection name graceMs resumeMs
local function sessionClaim(keys, args)
  local p, user = partition(keys, args), keys[2]
  local owner, id, session = args[3], args[4], args[5]
  if not redis.call('ZSCORE', keys[5], owner) then
    return { 'fenced' }
  end
  local record = recordOf(user, session)
  if not record or record.owner == '~' then
    return { 'none' }
  end
  local member = entry('', id, session)
  if not record.attached then
    redis.call('ZREM', keys[4], member)
    if isDue(p, record.at + math.max(number(args[8]), number(args[9]))) then
      dropRecord(user, record)
      keep(p, user, hasRecords(user))
      return { 'gone', record.rooms }
    end
  else
    redis.call('ZREM', keys[3], entry(record.owner, member))
  end

  local wasAttached = record.attached
  record.fence, record.owner, record.connection, record.at = record.fence + 1, owner, args[6], 0
  setRecord(user, record)
  redis.call('HSET', user, 'n:' .. session, args[7])
  redis.call('ZADD', keys[3], 0, entry(owner, member))
  local seq, notice = '0', ''
  if wasAttached then
    notice = 'T ' .. id .. ' ' .. session .. ' ' .. text(record.fence)
    seq = notify(p, keys[6], keys[7], notice)
  end
  return { 'ok', text(record.fence), record.rooms, seq, notice }
end

-- A node that took a new incarnation, or finds a session missing, brings it again. The rooms are the record's, where there is one and no data
-- was lost: what others did to it meanwhile holds.
-- keys: inc user own grace lease; args: run clock owner user session fence connection name rooms isLost
local function sessionAttach(keys, args)
  local p, user = partition(keys, args), keys[2]
  local owner, id, session, fence = args[3], args[4], args[5], number(args[6])
  if not redis.call('ZSCORE', keys[5], owner) then
    return { 'fenced' }
  end
  local record, member = recordOf(user, session), entry('', id, session)
  if record and record.fence > fence then
    return { 'stale', text(record.fence) }
  end
  if not record and refusedUntil(p, user) > 0 then
    return { 'refused' }
  end
  if record and record.attached then
    redis.call('ZREM', keys[3], entry(record.owner, member))
  end
  redis.call('ZREM', keys[4], member)
  local rooms = (record and args[10] ~= '1') and record.rooms or args[9]
  redis.call('HSET', user, 'n:' .. session, args[8], 'r:' .. session, rooms)
  setRecord(user, { id = session, fence = fence, owner = owner, connection = args[7], at = 0 })
  redis.call('ZADD', keys[3], 0, entry(owner, member))
  keep(p, user, true)
  return { 'ok' }
end

-- keys: inc user; args: run clock session fence add|remove|has room max
local function sessionRooms(keys, args)
  local p, user = partition(keys, args), keys[2]
  local record, fence, room = recordOf(user, args[3]), number(args[4]), args[6]
  if not record or record.owner == '~' then
    return { 'none' }
  end
  if record.fence ~= fence then
    return { 'stale', text(record.fence) }
  end
  local isIn = contains(record.rooms, room)
  if args[5] == 'has' then
    return { isIn and 'there' or 'ok' }
  end
  if args[5] == 'remove' then
    if isIn then
      setRoom(user, record, room, false)
    end
    return { isIn and 'there' or 'ok' }
  end
  if not record.attached then
    return { 'stale', text(record.fence) }
  end
  if isIn then
    return { 'there' }
  end
  if #split(record.rooms, ' ') >= number(args[7]) then
    return { 'full' }
  end
  setRoom(user, record, room, true)
  return { 'ok' }
end

-- The socket closed (fence), or its node died (owner, at its last beat).
-- keys: inc user own grace; args: run clock user session fence|'' owner|'' at|'' keepMs
local function sessionDetach(keys, args)
  local p, user = partition(keys, args), keys[2]
  local record, member = recordOf(user, args[4]), entry('', args[3], args[4])
  if args[6] ~= '' and (not record or record.owner ~= args[6]) then
    redis.call('ZREM', keys[3], entry(args[6], member))
    return { record and 'stale' or 'none' }
  end
  if not record or record.owner == '~' then
    return { 'none' }
  end
  if args[5] ~= '' and record.fence ~= number(args[5]) then
    return { 'stale', text(record.fence) }
  end
  if record.owner == '-' then
    return { 'ok', text(record.at), '' }
  end
  redis.call('ZREM', keys[3], entry(record.owner, member))
  record.owner, record.at = '-', args[7] ~= '' and number(args[7]) or p.now
  setRecord(user, record)
  redis.call('ZADD', keys[4], text(record.at + number(args[8])), member)
  return { 'ok', text(record.at), record.rooms }
end

-- Ends it for good, or has it give way: then its record stays for its grace period, but nobody can claim it.
-- keys: inc user own grace; args: run clock user session fence silent graceMs
local function sessionEnd(keys, args)
  local p, user = partition(keys, args), keys[2]
  local record, member = recordOf(user, args[4]), entry('', args[3], args[4])
  if not record or record.owner == '~' then
    return { 'none' }
  end
  if record.fence ~= number(args[5]) then
    return { 'stale', text(record.fence) }
  end
  if record.attached then
    redis.call('ZREM', keys[3], entry(record.owner, member))
    record.at = p.now
  end
  local deadline = record.at + number(args[7])
  if args[6] == '1' and (record.attached or not isDue(p, deadline)) then
    record.owner = '~'
    setRecord(user, record)
    redis.call('ZADD', keys[4], text(deadline), member)
  else
    redis.call('ZREM', keys[4], member)
    dropRecord(user, record)
    keep(p, user, hasRecords(user))
  end
  return { 'ok', text(record.at), record.rooms }
end

-- keys: inc user grace; args: run clock user session deadline
local function sessionDue(keys, args)
  local p, user = partition(keys, args), keys[2]
  local record, member = recordOf(user, args[4]), entry('', args[3], args[4])
  local deadline = redis.call('ZSCORE', keys[3], member)
  if not deadline or number(deadline) ~= number(args[5]) or not isDue(p, number(deadline)) then
    return { 'none' }
  end
  redis.call('ZREM', keys[3], member)
  if record and not record.attached then
    dropRecord(user, record)
    keep(p, user, hasRecords(user))
  end
  return { 'ok' }
end

-- keys: inc user; args: run clock session
local function sessionState(keys, args)
  partition(keys, args)
  local record = recordOf(keys[2], args[3])
  return record and { 'ok', text(record.fence), record.owner, record.rooms } or { 'none' }
end

-- keys: inc user; args: run clock graceMs
local function userDescribe(keys, args)
  local p = partition(keys, args)
  local online, connections, rooms = 0, 0, {}
  for _, record in ipairs(recordsOf(keys[2])) do
    if record.attached or not isDue(p, record.at + number(args[3])) then
      online = online + 1
      connections = connections + (record.attached and 1 or 0)
      rooms[#rooms + 1] = record.rooms
    end
  end
  return { 'ok', text(online), text(connections), table.concat(rooms, ' '), text(refusedUntil(p, keys[2])) }
end

-- Ends all sessions of a user and refuses them. Each that ended is answered with its fence, rooms and whether it could still be used.
-- keys: inc user own grace notices channel; args: run clock user refuseMs
local function userExpel(keys, args)
  local p, user = partition(keys, args), keys[2]
  local ended, names = {}, { 'X', args[3] }
  for _, record in ipairs(recordsOf(user)) do
    local member = entry('', args[3], record.id)
    if record.attached then
      redis.call('ZREM', keys[3], entry(record.owner, member))
    end
    redis.call('ZREM', keys[4], member)
    dropRecord(user, record)
    names[#names + 1] = record.id
    ended[#ended + 1] = record.id
    ended[#ended + 1] = text(record.fence)
    ended[#ended + 1] = record.rooms
    ended[#ended + 1] = record.owner == '~' and '0' or '1'
  end
  if number(args[4]) > 0 then
    redis.call('HSET', user, 'refused', text(p.wall + number(args[4])))
  end
  keep(p, user, false)
  local notice = table.concat(names, ' ')
  local answer = { 'ok', notify(p, keys[5], keys[6], notice), notice }
  for i = 1, #ended do
    answer[#answer + 1] = ended[i]
  end
  return answer
end

-- Takes the attached sessions of a user into a room; each is answered with its fence, owner and name.
-- keys: inc user notices channel; args: run clock user room max
local function userAdmit(keys, args)
  local p, user, room = partition(keys, args), keys[2], args[4]
  local taken, names = {}, { 'A', args[3], room }
  for _, record in ipairs(recordsOf(user)) do
    local isIn = contains(record.rooms, room)
    if record.attached and (isIn or #split(record.rooms, ' ') < number(args[5])) then
      if not isIn then
        setRoom(user, record, room, true)
      end
      names[#names + 1] = record.id
      for _, part in ipairs({ record.id, text(record.fence), record.owner, record.name }) do
        taken[#taken + 1] = part
      end
    end
  end
  local notice = table.concat(names, ' ')
  local answer = { 'ok', notify(p, keys[3], keys[4], notice), notice }
  for i = 1, #taken do
    answer[#answer + 1] = taken[i]
  end
  return answer
end

-- Takes all sessions of a user out of a room; each that was in it is answered with its fence.
-- keys: inc user notices channel; args: run clock user room
local function userRemove(keys, args)
  local p, user, room = partition(keys, args), keys[2], args[4]
  local removed, names = {}, { 'M', args[3], room }
  for _, record in ipairs(recordsOf(user)) do
    if contains(record.rooms, room) then
      setRoom(user, record, room, false)
      names[#names + 1] = record.id
      removed[#removed + 1] = record.id
      removed[#removed + 1] = text(record.fence)
    end
  end
  local notice = table.concat(names, ' ')
  local answer = { 'ok', notify(p, keys[3], keys[4], notice), notice }
  for i = 1, #removed do
    answer[#answer + 1] = removed[i]
  end
  return answer
end

redis.register_function('gw1_session_open', sessionOpen)
redis.register_function('gw1_session_claim', sessionClaim)
redis.register_function('gw1_session_attach', sessionAttach)
redis.register_function('gw1_session_rooms', sessionRooms)
redis.register_function{ function_name = 'gw1_session_detach', callback = sessionDetach, flags = { 'allow-oom' } }
redis.register_function{ function_name = 'gw1_session_end', callback = sessionEnd, flags = { 'allow-oom' } }
redis.register_function{ function_name = 'gw1_session_due', callback = sessionDue, flags = { 'allow-oom' } }
redis.register_function('gw1_session_state', sessionState)
redis.register_function('gw1_user_describe', userDescribe)
redis.register_function{ function_name = 'gw1_user_expel', callback = userExpel, flags = { 'allow-oom' } }
redis.register_function('gw1_user_admit', userAdmit)
redis.register_function{ function_name = 'gw1_user_remove', callback = userRemove, flags = { 'allow-oom' } }

-- [partitions and nodes]

local BATCH = 500           -- sessions that one beat moves; what remains is due again at once
local FEED = 1000           -- rooms of the change feed in one answer
local FEED_KEPT = 4096      -- rooms of the change feed that are kept; who is further behind reads all of its rooms

-- What nobody could do for a while is taken up where it was: every node counts as alive, and everyone gets the grace period anew.
local function holdIfSilent(p, lease, graceMs)
  if p.wall + p.offset < p.last then
    p.offset = p.last - p.wall
  end
  if p.held then
    for _, owner in ipairs(redis.call('ZRANGE', lease, 0, -1)) do
      redis.call('ZADD', lease, text(p.now + LEASE), owner)
    end
    p.hold, p.held = p.now + graceMs, false
  end
  redis.call('HSET', p.inc, 'off', text(p.offset), 'last', text(p.now), 'beat', text(p.now), 'hold', text(p.hold))
  if redis.call('HGET', p.inc, 'bgen') ~= p.gen then
    redis.call('HSET', p.inc, 'bgen', p.gen, 'born', text(p.now))
  end
end

-- What the dead still own: owner, last beat, then room, user and session in one.
local function ownedByDead(p, lease, own)
  local found = {}
  for _, owner in ipairs(redis.call('ZRANGEBYSCORE', lease, '-inf', text(p.now))) do
    local left = BATCH - #found / 3
    if left > 0 then
      local owned = redis.call('ZRANGEBYLEX', own, '[' .. owner .. '\0', '(' .. owner .. '\1', 'LIMIT', 0, left)
      if #owned == 0 then
        redis.call('ZREM', lease, owner)
      end
      local beat = number(redis.call('ZSCORE', lease, owner)) - LEASE
      for _, member in ipairs(owned) do
        found[#found + 1] = owner
        found[#found + 1] = text(beat)
        found[#found + 1] = string.sub(member, #owner + 2)
      end
    end
  end
  return found
end

local function dueNow(p, grace)
  if p.hold > p.now then
    local first = redis.call('ZRANGE', grace, 0, 0, 'WITHSCORES')
    return {}, first[2] and text(math.max(number(first[2]), p.hold)) or '0'
  end
  local due = redis.call('ZRANGEBYSCORE', grace, '-inf', text(p.now), 'WITHSCORES', 'LIMIT', 0, BATCH)
  if #due == 2 * BATCH then
    return due, text(p.now)
  end
  local first = redis.call('ZRANGEBYSCORE', grace, '(' .. text(p.now), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  return due, first[2] or '0'
end

local function trimFeed(p, hot)
  local excess = redis.call('ZCARD', hot) - FEED_KEPT
  if excess > 0 then
    local last = redis.call('ZRANGE', hot, excess - 1, excess - 1, 'WITHSCORES')
    redis.call('HSET', p.inc, 'cut', last[2])
    redis.call('ZREMRANGEBYRANK', hot, 0, excess - 1)
  end
end

-- keys: inc lease own grace hot notices; args: run clock owner known sincePseq sinceNotice|'' wantsHot graceMs
-- Answers ok|fenced, generation, now, pseq, cut, next due or 0, lseq, then arrays: dead, due, hot, notices.
local function beat(keys, args)
  local p = partition(keys, args)
  local lease, owner = keys[2], args[3]
  holdIfSilent(p, lease, number(args[8]))
  local until_ = redis.call('ZSCORE', lease, owner)
  if (until_ and number(until_) <= p.now) or (not until_ and args[4] == '1') then
    return { 'fenced', p.gen, text(p.now) }
  end
  redis.call('ZADD', lease, text(p.now + LEASE), owner)

  local known = redis.call('HMGET', p.inc, 'lseq', 'cut')
  local hot, notices = {}, {}
  if args[7] == '1' then
    hot = redis.call('ZRANGEBYSCORE', keys[5], '(' .. args[5], '+inf', 'WITHSCORES', 'LIMIT', 0, FEED)
  end
  if args[6] ~= '' and number(known[1]) > number(args[6]) then
    for _, stored in ipairs(redis.call('XRANGE', keys[6], text(number(args[6]) + 1), '+', 'COUNT', BATCH)) do
      notices[#notices + 1] = string.match(stored[1], '^%d+')
      notices[#notices + 1] = stored[2][2]
    end
  end
  trimFeed(p, keys[5])
  local due, next = dueNow(p, keys[4])
  return {
    'ok', p.gen, text(p.now), text(p.pseq), text(number(known[2])), next, text(number(known[1])),
    ownedByDead(p, lease, keys[3]), due, hot, notices,
  }
end

-- What an incarnation owns here, after a member, without its name. keys: inc own; args: run clock owner after limit
local function own(keys, args)
  partition(keys, args)
  local from = args[4] == '' and '[' .. args[3] .. '\0' or '(' .. args[3] .. '\0' .. args[4]
  local owned = redis.call('ZRANGEBYLEX', keys[2], from, '(' .. args[3] .. '\1', 'LIMIT', 0, tonumber(args[5]))
  for i, member in ipairs(owned) do
    owned[i] = string.sub(member, #args[3] + 2)
  end
  return owned
end

-- A node that stops leaves no lease to run out, unless something of its own is still there. keys: inc lease own; args: run clock owner
local function retire(keys, args)
  partition(keys, args)
  local owned = redis.call('ZRANGEBYLEX', keys[3], '[' .. args[3] .. '\0', '(' .. args[3] .. '\1', 'LIMIT', 0, 1)
  if #owned == 0 then
    redis.call('ZREM', keys[2], args[3])
  end
  return { #owned == 0 and 'ok' or 'none' }
end

local NODE_SILENT = 10000   -- ms after which a node that says nothing is left out

-- keys: inc nodes; args: run clock node report
local function nodeReport(keys, args)
  local p = partition(keys, args)
  redis.call('HSET', keys[2], args[3], text(p.now) .. ' ' .. args[4])
  return { 'ok' }
end

-- keys: inc nodes; args: run clock node
local function nodeForget(keys, args)
  partition(keys, args)
  redis.call('HDEL', keys[2], args[3])
  return { 'ok' }
end

-- keys: inc nodes; args: run clock
local function nodes(keys, args)
  local p, answer = partition(keys, args), { 'ok' }
  local all = redis.call('HGETALL', keys[2])
  for i = 1, #all, 2 do
    local at, report = string.match(all[i + 1], '^(%d+) (.*)$')
    if p.now - number(at) > NODE_SILENT then
      redis.call('HDEL', keys[2], all[i])
    else
      answer[#answer + 1] = all[i]
      answer[#answer + 1] = report
    end
  end
  return answer
end

-- keys: inc probe; args: run clock
local function probe(keys, args)
  local p = partition(keys, args)
  redis.call('SET', keys[2], text(p.wall), 'PX', 60000)
  return { 'ok' }
end

redis.register_function{ function_name = 'gw1_beat', callback = beat, flags = { 'allow-oom' } }
redis.register_function('gw1_own', own)
redis.register_function{ function_name = 'gw1_retire', callback = retire, flags = { 'allow-oom' } }
redis.register_function('gw1_node_report', nodeReport)
redis.register_function{ function_name = 'gw1_node_forget', callback = nodeForget, flags = { 'allow-oom' } }
redis.register_function('gw1_nodes', nodes)
redis.register_function('gw1_probe', probe)
