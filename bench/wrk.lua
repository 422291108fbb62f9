-- Requests for wrk: MODE get | list | search | create; IDS a file with one id per line; AUTH a bearer token; KIND floor | fairlead.
local mode, kind = os.getenv("MODE"), os.getenv("KIND")
local auth = os.getenv("AUTH")
local ids, n, thread_id = {}, 0, 0

if auth and auth ~= "" then wrk.headers["Authorization"] = "Bearer " .. auth end

local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(args)
  thread_id = number or 0
  for line in io.lines(os.getenv("IDS")) do ids[#ids + 1] = line end
  math.randomseed(thread_id + 1)
  if mode == "create" then wrk.headers["Content-Type"] = "application/json" end
end

-- The surnames that bench/run makes: three of these syllables.
local syllables = { "ka", "lo", "mi", "re", "su", "ta", "vo", "ne", "ba", "di", "fu", "go", "he", "ja", "pi", "zu" }
local function syllable() return syllables[math.random(16)] end

function request()
  if mode == "get" then
    local id = ids[math.random(#ids)]
    return wrk.format("GET", kind == "floor" and "/get/" .. id or "/api/v1/records/contact/" .. id)
  elseif mode == "list" then
    return wrk.format("GET", kind == "floor" and "/list" or "/api/v1/records/contact?filter=do_not_call%20%3D%20no&sort=name&limit=50")
  elseif mode == "search" then
    local word = syllable() .. syllable() .. syllable()
    return wrk.format("GET", (kind == "floor" and "/search?q=" or "/api/v1/search?limit=20&q=") .. word)
  end
  n = n + 1
  local body = string.format('{"first_name":"Person","last_name":"Kane-%d-%d-%d","email":"p%d.%d.%d@bench.example","city":"Berlin"}',
    os.time(), thread_id, n, os.time(), thread_id, n)
  return wrk.format("POST", kind == "floor" and "/create" or "/api/v1/records/contact", nil, body)
end

local bad, first = 0, nil
function response(status, headers, body)
  if status ~= 200 and status ~= 201 then
    bad = bad + 1
    if not first then first = status .. " " .. body:sub(1, 300); io.stderr:write("answer: ", first, "\n") end
  end
end
