"""What an answer has to be, where it may hold values that only the server can choose.

agree(wanted, got) walks both. A value is compared as it is, members of a structure name by name, unless `wanted` is an
Opaque: that one looks at what came, and refuses it or remembers it.
"""
import base64
import re


class Mismatch(Exception):
    """The server's answer is not the one the model gives."""


class Opaque:
    def take(self, got, path):
        raise NotImplementedError


class Text(Opaque):
    """A text of a given form, compared no further."""

    def __init__(self, pattern="(?s).+"):
        self.pattern = re.compile(pattern)

    def __repr__(self):
        return "<text %s>" % self.pattern.pattern

    def take(self, got, path):
        if not isinstance(got, str) or not self.pattern.fullmatch(got):
            raise Mismatch("%s: %r is no %r" % (path, got, self))


class Unordered(Opaque):
    """These, in any order."""

    def __init__(self, values):
        self.values = values

    def take(self, got, path):
        if not isinstance(got, list) or sorted(got) != sorted(self.values):
            raise Mismatch("%s: got %r, wanted %r in any order" % (path, got, self.values))


class Fresh(Opaque):
    """A sealed text never given out before: an iterator, a token. `table` remembers what it stands for."""

    def __init__(self, table, meaning, prefix="", length_max=1 << 20):
        self.table, self.meaning, self.prefix, self.length_max = table, meaning, prefix, length_max

    def __repr__(self):
        return "<fresh text for %r>" % (self.meaning,)

    def take(self, got, path):
        if not isinstance(got, str) or not got.startswith(self.prefix) or not 1 <= len(got) <= self.length_max:
            raise Mismatch("%s: %r is not of the form of a sealed text" % (path, got))
        if base64.b64encode(base64.b64decode(got, validate=True)).decode("ascii") != got:
            raise Mismatch("%s: %r is not canonical base64" % (path, got))
        if got in self.table:
            raise Mismatch("%s: %r was given out before" % (path, got))
        self.table[got] = self.meaning


class Error:
    """A refusal: status, type, text (or Text). Eight asterisks in the text stand for any eight hexadecimal digits."""

    def __init__(self, type_, message=None, status=400, member="message"):
        self.status = status
        self.body = {"__type": type_}
        if isinstance(message, str) and "*" * 8 in message:
            message = Text(re.escape(message).replace(r"\*" * 8, "[0-9a-f]{8}"))
        if message is not None:
            self.body[member] = message


def agree(wanted, got, path="answer"):
    if isinstance(wanted, Opaque):
        wanted.take(got, path)
    elif isinstance(wanted, dict) and isinstance(got, dict):
        if wanted.keys() != got.keys():
            raise Mismatch("%s: members %s, not %s" % (path, sorted(got), sorted(wanted)))
        for name, value in wanted.items():
            agree(value, got[name], path + "." + name)
    elif isinstance(wanted, list) and isinstance(got, list):
        if len(wanted) != len(got):
            raise Mismatch("%s: %d entries, not %d" % (path, len(got), len(wanted)))
        for i, value in enumerate(wanted):
            agree(value, got[i], "%s[%d]" % (path, i))
    elif type(wanted) is not type(got) or wanted != got:
        raise Mismatch("%s:\n     got %r\n  wanted %r" % (path, got, wanted))
