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

-- -- start ------------------------------------------------------------------------------------------------------------------

-- What the caller's user may not do of what the gateway does: ARGV from the third are the shard channel to try, then commands.
redis.register_function{
  function_name = 'gw1_rights',
  flags = { 'no-writes' },
  callback = function(keys, args)
    local missing = {}
    for i = 4, #args do
      local known, allowed = pcall(redis.acl_check_cmd, args[i])
      if not (known and allowed) then
        missing[#missing + 1] = args[i]
      end
    end
    if not (redis.acl_check_cmd('SPUBLISH', args[3], '') and redis.acl_check_cmd('SSUBSCRIBE', args[3])) then
      missing[#missing + 1] = 'the channels gw:*'
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

-- A room's epoch, top and lineage as they stand for this generation. Nothing is written.
local function room(p, meta)
  local known = redis.call('HMGET', meta, 'e', 't', 'g', 'l')
  local lineage = {}
  if not known[1] then
    for _, gen in ipairs(split(p.gens, ',')) do
      lineage[#lineage + 1] = gen .. ':0'
    end
    return { epoch = p.gen, top = 0, lineage = lineage, isNew = true }
  end

  local r = { epoch = known[1], top = number(known[2]), lineage = split(known[4] or '', ',') }
  if known[3] ~= p.gen then
    -- Generations in which it was not written to were its epochs too, and lost nothing of it.
    local cut = ':' .. text(r.top)
    r.lineage[#r.lineage + 1] = r.epoch .. cut
    local after = false
    for _, gen in ipairs(split(p.gens, ',')) do
      if after and gen ~= r.epoch then
        r.lineage[#r.lineage + 1] = gen .. cut
      end
      after = after or gen == known[3]
    end
    r.epoch, r.isRolled = p.gen, true
  end
  while #r.lineage > FORMER do
    table.remove(r.lineage, 1)
  end
  return r
end

-- Makes what `room` saw the room's state. A new room gets an epoch of its own, so that one which expired and came again is another.
local function settle(p, meta, r)
  if r.isNew then
    r.lineage[#r.lineage + 1] = p.gen .. ':0'
    r.epoch = freshId(p.run)
  end
  if r.isNew or r.isRolled then
    redis.call('HSET', meta, 'e', r.epoch, 't', text(r.top), 'g', p.gen, 'l', table.concat(r.lineage, ','))
  end
end

-- The partition's change number, one up; the room's name goes into the change feed that nodes poll.
local function touch(p, hot, name)
  p.pseq = p.pseq + 1
  redis.call('HSET', p.inc, 'pseq', text(p.pseq))
  redis.call('ZADD', hot, text(p.pseq), name)
  return text(p.pseq)
end

-- [events]

-- [presence]

-- [sessions]

-- [partitions and nodes]
