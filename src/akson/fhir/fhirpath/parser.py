"""FHIRPath tokens to a syntax tree, by precedence climbing over the whole grammar."""

from decimal import Decimal
from functools import lru_cache

from akson.fhir.fhirpath.ast import (
    Binary,
    Call,
    Empty,
    Index,
    Literal,
    Member,
    Node,
    QuantityLiteral,
    TypeTest,
    Unary,
    Variable,
    depth,
)
from akson.fhir.fhirpath.budget import DIGITS
from akson.fhir.fhirpath.lexer import FHIRPathError, Token, tokens, unquote

__all__ = ["FHIRPathError", "parse"]

_LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"implies"}),
    frozenset({"or", "xor"}),
    frozenset({"and"}),
    frozenset({"in", "contains"}),
    frozenset({"=", "~", "!=", "!~"}),
    frozenset({"<", ">", "<=", ">="}),
    frozenset({"|"}),
    frozenset({"is", "as"}),
    frozenset({"+", "-", "&"}),
    frozenset({"*", "/", "div", "mod"}),
)
"""Binary operators from the loosest to the tightest."""
_TYPE_LEVEL = 7
LONGEST = 20_000
DEEPEST = 40
HIGHEST = 250
"""Characters, brackets inside each other, and steps of a path or operators in a row. Limits that no expression of FHIR comes near; what comes from outside may not exhaust the stack."""
_SHOWN = 40
_CALENDAR = frozenset(
    word + ending
    for word in ("year", "month", "week", "day", "hour", "minute", "second", "millisecond")
    for ending in ("", "s")
)


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """The tree of an expression. Raises FHIRPathError."""
    if len(text) > LONGEST:
        raise FHIRPathError(f"an expression may have at most {LONGEST} characters")
    parser = _Parser(text)
    node = parser.binary(0)
    parser.expect("end", "")
    if depth(node) > HIGHEST:
        raise FHIRPathError(f"an expression may have at most {HIGHEST} steps and operators in a row")
    return node


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.at = 0
        self.depth = 0
        self.signs = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at += 1
        return token

    def is_symbol(self, text: str) -> bool:
        return self.token.kind == "symbol" and self.token.text == text

    def expect(self, kind: str, text: str | None = None) -> Token:
        token = self.token
        if token.kind != kind or (text is not None and token.text != text):
            wanted = text or kind
            raise FHIRPathError(f"expected {wanted}, found {_shown(token)} at {token.position}")
        return self.take()

    def nested(self) -> Node:
        """A whole expression inside brackets."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise FHIRPathError(f"brackets may be nested {DEEPEST} deep")
        node = self.binary(0)
        self.depth -= 1
        return node

    def binary(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while self.token.kind in ("symbol", "name") and self.token.text in _LEVELS[level]:
            operator = self.take().text
            if level == _TYPE_LEVEL:
                left = TypeTest(operator, left, self.type_name())
            else:
                left = Binary(operator, left, self.binary(level + 1))
        return left

    def unary(self) -> Node:
        if self.is_symbol("-") or self.is_symbol("+"):
            operator = self.take().text
            self.signs += 1
            if self.signs > DEEPEST:
                raise FHIRPathError("too many signs")
            return Unary(operator, self.unary())
        return self.postfix(self.term())

    def postfix(self, node: Node) -> Node:
        while True:
            if self.is_symbol("."):
                self.take()
                node = self.invocation(node)
            elif self.is_symbol("["):
                self.take()
                node = Index(node, self.nested())
                self.expect("symbol", "]")
            else:
                return node

    def term(self) -> Node:
        token = self.token
        if token.kind == "symbol":
            return self.bracketed()
        if token.kind in ("name", "delimited"):
            if token.text in ("true", "false"):
                self.take()
                return Literal("Boolean", token.text == "true")
            return self.invocation(None)
        self.take()
        if token.kind == "variable":
            return Variable(_variable(token.text))
        if token.kind == "number":
            return self.number(token.text)
        return self.constant(token)

    def constant(self, token: Token) -> Node:
        if token.kind == "string":
            return Literal("String", unquote(token.text))
        if token.kind == "date":
            return Literal("Date", token.text[1:])
        if token.kind == "datetime":
            return Literal("DateTime", token.text[1:])
        if token.kind == "time":
            return Literal("Time", token.text[2:])
        raise FHIRPathError(f"unexpected {_shown(token)} at {token.position}")

    def bracketed(self) -> Node:
        token = self.take()
        if token.text == "(":
            node = self.nested()
            self.expect("symbol", ")")
            return node
        if token.text == "{":
            self.expect("symbol", "}")
            return Empty()
        raise FHIRPathError(f"unexpected {_shown(token)} at {token.position}")

    def number(self, text: str) -> Node:
        if len(text) > DIGITS:
            raise FHIRPathError(f"a number may have at most {DIGITS} digits")
        following = self.token
        if following.kind == "string":
            self.take()
            return QuantityLiteral(Decimal(text), unquote(following.text))
        if following.kind == "name" and following.text in _CALENDAR:
            self.take()
            return QuantityLiteral(Decimal(text), following.text.removesuffix("s"))
        return Literal("Decimal", Decimal(text)) if "." in text else Literal("Integer", int(text))

    def invocation(self, focus: Node | None) -> Node:
        token = self.take()
        if token.kind == "variable" and focus is not None:
            return Variable(_variable(token.text))
        if token.kind == "delimited":
            name = unquote(token.text)
        elif token.kind == "name":
            name = token.text
        else:
            raise FHIRPathError(f"expected a name, found {_shown(token)} at {token.position}")
        if not self.is_symbol("("):
            return Member(focus, name)
        self.take()
        arguments: list[Node] = []
        while not self.is_symbol(")"):
            if arguments:
                self.expect("symbol", ",")
            arguments.append(self.nested())
        self.take()
        return Call(focus, name, tuple(arguments))

    def type_name(self) -> str:
        token = self.take()
        if token.kind not in ("name", "delimited"):
            raise FHIRPathError(f"expected a type, found {_shown(token)} at {token.position}")
        name = unquote(token.text) if token.kind == "delimited" else token.text
        while self.is_symbol("."):
            self.take()
            part = self.take()
            name += "." + (unquote(part.text) if part.kind == "delimited" else part.text)
        return name


def _shown(token: Token) -> str:
    text = token.text or "end"
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def _variable(text: str) -> str:
    return "%" + unquote(text[1:]) if text[1] in "`'" else text
