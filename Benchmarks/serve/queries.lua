-- Questions of a BEIR folder, one after the other, from the file that QUERIES names; counts answers that are not 200.
local bodies, at = {}, 0
for line in io.lines(os.getenv("QUERIES")) do
  local text = line:match('"text": *"(.-)"[,}]')
  if text then bodies[#bodies + 1] = '{"query":"' .. text .. '"}' end
end
request = function()
  at = at % #bodies + 1
  return wrk.format("POST", nil, { ["Content-Type"] = "application/json" }, bodies[at])
end
local bad = 0
response = function(status) if status ~= 200 then bad = bad + 1; if bad < 4 then print("status " .. status) end end end
