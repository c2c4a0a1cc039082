#!lua name=gateway_1
-- Everything the gateway does inside Redis, as one library. A function touches the keys of one partition only (one hash tag, one slot), so each call
-- is atomic. Rules for all of them: validate first, write last (a function that fails midway is not undone); KEYS[1] is the partition's `inc`;
-- ARGV[1] is the run id of the process the caller believes to speak to, ARGV[2] the time in ms (tests) or empty (Redis's own).

local LEASE = 5000          -- ms that a node counts as alive after a beat
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

  -- Where nobody could beat for a lease, nobody could come back either: everyone gets the grace period anew.
  p.beat = number(known[5])
  p.hold = number(known[6])
  p.held = p.beat > 0 and p.now - p.beat > LEASE
  return p
end

local function isDue(p, deadline)
  return not p.held and deadline <= p.now and p.hold <= p.now
end

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
-- Reads write no more than a new generation, so they go on when memory is out.
redis.register_function { function_name = 'gw1_read', callback = read, flags = { 'allow-oom' } }
redis.register_function { function_name = 'gw1_catchup', callback = catchup, flags = { 'allow-oom' } }
redis.register_function { function_name = 'gw1_describe', callback = describe, flags = { 'allow-oom' } }
redis.register_function('gw1_cursor', cursor)

-- [presence]

-- [sessions]

-- [partitions and nodes]
