"""The one Lua script of a batch: compares the stored position, applies every write, sets the new position; all or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from redis.exceptions import NoScriptError

Argument = str | bytes | int | float
# A command of Redis and its arguments behind the key: ("SET", b"…"). XADD takes the record's milliseconds as its id.
Command = tuple[Argument, ...]

MOST_ARGUMENTS = 2_000  # of one command: Lua's stack holds some 8,000
CANARIES_KEPT = 10_000  # of each connector; the oldest go first

_TAKE_MANY = {"RPUSH", "ZADD"}  # several in one command are the same as one after the other

WRITTEN = b"written"
FENCED = b"fenced"
REFUSED = b"refused"
FAILED = b"failed"

# A script of Redis is not undone where it ends amid its writes. So everything that can go wrong is found before the first
# one: the position, the types of all keys, and, by Redis itself at the first write, memory, disk and the role of the server.
# What remains is a right that is taken away or a module's own mind: then the position stays, and it says how far it came.
#
# KEYS: offsets, canaries, their order, the names of keys that gather events, then the keys of rows.
# ARGV: the position's field, as expected ('' for none), as wanted; the type of the rows' keys; how many canaries are kept,
# how many come, then for each its id and its mark; then runs of one command: the first key's number, 1 where each is on the
# next key (0: all on the same), the command, how often, how many words each time, the words.
_LUA = """
local stored = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if stored ~= ARGV[2] then return {'fenced'} end

local refused, ids = {'refused'}, {}
for number = 5, #KEYS do
  local kind = redis.call('TYPE', KEYS[number]).ok
  if kind ~= 'none' and kind ~= ARGV[4] then refused[#refused + 1] = number end
  if kind == 'stream' and ARGV[4] == 'stream' then
    local info = redis.call('XINFO', 'STREAM', KEYS[number])
    for i = 1, #info, 2 do
      if info[i] == 'last-generated-id' then
        local first, second = string.match(info[i + 1], '(%d+)-(%d+)')
        ids[KEYS[number]] = {first, tonumber(first), tonumber(second)}
      end
    end
  end
end
if #refused > 1 then return refused end

local at = 7
for _ = 1, tonumber(ARGV[6]) do
  if redis.call('HSETNX', KEYS[2], ARGV[at], ARGV[at + 1]) == 1
    and redis.call('RPUSH', KEYS[3], ARGV[at]) > tonumber(ARGV[5]) then
    redis.call('HDEL', KEYS[2], redis.call('LPOP', KEYS[3]))
  end
  at = at + 2
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) -- behind all that would end the script here and now

-- Ids of a Redis stream only grow; a record that is older than the last one goes right behind it.
local function id_after(key, milliseconds)
  local known = ids[key] or {'0', 0, 0}
  ids[key] = known
  if milliseconds ~= known[1] and tonumber(milliseconds) > known[2] then
    known[1], known[2], known[3] = milliseconds, tonumber(milliseconds), 0
  else
    known[3] = known[3] + 1
  end
  return known[1] .. '-' .. known[3]
end

local argv, keys, pcall, done, all = ARGV, KEYS, redis.pcall, 0, #ARGV
while at <= all do
  local number, step, times, words = tonumber(argv[at]), tonumber(argv[at + 1]), tonumber(argv[at + 3]), tonumber(argv[at + 4])
  local command = argv[at + 2]
  at = at + 5
  for _ = 1, times do
    local key, answer = keys[number]
    if command == 'XADD' then
      answer = pcall('XADD', key, id_after(key, argv[at]), unpack(argv, at + 1, at + words - 1))
    elseif words == 1 then
      answer = pcall(command, key, argv[at])
    else
      answer = pcall(command, key, unpack(argv, at, at + words - 1))
    end
    if type(answer) == 'table' and answer.err then
      if stored == '' then redis.call('HDEL', KEYS[1], ARGV[1]) else redis.call('HSET', KEYS[1], ARGV[1], stored) end
      return {'failed', tostring(done), answer.err}
    end
    done = done + 1
    at = at + words
    number = number + step
  end
end
return {'written'}
"""


@dataclass(frozen=True, slots=True)
class OwnKeys:
    """A connector's own keys; its name in braces keeps them in one slot of a cluster.

    A back-fill (`name~7`) has positions and canaries of its own, and writes into its connector's keys.
    """

    connector: str

    @property
    def tag(self) -> str:
        """What keeps keys in the connector's slot."""
        return f"{{{self.connector.partition('~')[0]}}}"

    @property
    def _own(self) -> str:
        return self.tag + self.connector.removeprefix(self.tag[1:-1])

    @property
    def offsets(self) -> str:
        """A hash of positions by partition."""
        return f"{self._own}:_offsets"

    @property
    def canaries(self) -> str:
        """A hash of canaries by stream and id."""
        return f"{self._own}:_canaries"

    def gathering(self, stream: str) -> str:
        """The set of a stream's keys that gather events, which old ones are deleted from."""
        return f"{self.tag}:_keys:{stream}"

    def of(self, stream: str) -> tuple[str, str, str, str]:
        """As the script takes them."""
        return self.offsets, self.canaries, f"{self.canaries}:order", self.gathering(stream)

    @property
    def scratch(self) -> tuple[str, str, str, str, str]:
        """Keys to try the script on: its own four, and one of a row."""
        one, two, three, _ = self.of("")
        return f"{one}:_probe", f"{two}:_probe", f"{three}:_probe", f"{self._own}:_keys", f"{self._own}:_probe"


@dataclass(slots=True)
class Call:
    """What one run of the script shall do."""

    own_keys: Sequence[str]
    place: str  # where the position stands in its hash
    expected: bytes
    after: bytes
    kind: str  # the type of rows' keys
    canaries: Sequence[tuple[str, bytes]] = ()
    keys: list[str] = field(default_factory=list)
    words: list[Argument] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)
    _run: list[Any] = field(default_factory=lambda: [None, 0, 0, 0, 0, 0])  # command, words each, first key, step, times, place

    def remember(self, key: str) -> None:
        """Note that `key` gathers events."""
        self._put(len(self.own_keys), ("SADD", key))

    def add(self, key: str, command: Command) -> None:
        """A further command on `key`."""
        number = self._numbers.get(key)
        if number is None:
            self.keys.append(key)
            number = self._numbers[key] = len(self.own_keys) + len(self.keys)
        self._put(number, command)

    def _put(self, number: int, command: Command) -> None:
        """Lengthen the last run where the command fits in, else begin one: a batch is mostly the same command again."""
        name, width, first, step, times, place = self._run
        if command[0] == name in _TAKE_MANY and number == first and width + len(command) <= MOST_ARGUMENTS:
            self._run[1] = self.words[place + 4] = width + len(command) - 1
            self.words.extend(command[1:])
            return
        if command[0] == name and len(command) - 1 == width:
            if times == 1:
                step = min(number - first, 1)
            if number == first + step * times:
                self._run[3:5] = self.words[place + 1], self.words[place + 3] = step, times + 1
                self.words.extend(command[1:])
                return
        self._run = [command[0], len(command) - 1, number, 0, 1, len(self.words)]
        self.words += (number, 0, command[0], 1, len(command) - 1, *command[1:])

    def key_of(self, number: int) -> str:
        """The key that the script calls by this number."""
        return self.keys[number - len(self.own_keys) - 1]

    def arguments(self) -> list[Argument]:
        """Everything behind the script's name."""
        marks = [part for canary in self.canaries for part in canary]
        head = (self.place, self.expected, self.after, self.kind, CANARIES_KEPT, len(self.canaries))
        return [len(self.own_keys) + len(self.keys), *self.own_keys, *self.keys, *head, *marks, *self.words]


class Script:
    """The script on one server; sent in whole once, by its hash afterwards."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._sha: str | None = None

    def run(self, call: Call) -> list[Any]:
        """What it answers.

        `written`, `fenced`, `refused` with the numbers of keys that hold another type, or `failed` with the number of
        commands that had been carried out and the reason.
        """
        arguments = call.arguments()
        if self._sha is None:
            self._sha = str(self._client.script_load(_LUA))
        try:
            return list(self._client.evalsha(self._sha, *arguments))
        except NoScriptError:  # the server was started anew
            self._client.script_load(_LUA)
            return list(self._client.evalsha(self._sha, *arguments))
