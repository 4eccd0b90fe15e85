"""Puts a switch at every check of a Python module, so that each can be deleted while it runs.

A check is found in the syntax tree, by no list:

- *raise*: a `raise` of a new error;
- *term*: one of several conditions that guard a `raise`, or of which a function that gives a
  `bool`, or a value that such a guard names, is made;
- *answer*: an `if` that ends a function that gives a `bool`;
- *call*: a call of a function of these modules (not of a container) whose value nobody uses, or of
  one that is called `require_…`;
- *rule*: a value of a table of rules.

Deleted, a *raise* and a *call* do nothing, a *term* counts for nothing, a *rule* takes all.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, cast

SWITCHES: Final = "_check_switches"
CONTAINERS: Final = {*dir(list), *dir(dict), *dir(set)}
RULES: Final = "Callable[[object], object]"


@dataclass(frozen=True)
class Check:
    """One check: what kind, where, and as it is written."""

    kind: str
    file: str
    line: int
    place: str
    text: str
    code: str


@dataclass
class Switches:
    """What the switched code asks while it runs: every check, which are reached, which is off.

    A check is *reached* where it decides: where deleting it makes a difference to what comes next.
    """

    checks: list[Check] = field(default_factory=list)
    off: int | None = None
    reached: set[int] = field(default_factory=set)

    def on(self, number: int) -> bool:
        self.reached.add(number)
        return number != self.off

    def term(self, number: int, value: Any, neutral: bool) -> Any:  # noqa: FBT001  # generated
        if bool(value) != neutral:
            self.reached.add(number)
        return neutral if number == self.off else value

    def call(self, number: int, act: Callable[[], Any], instead: Callable[[], Any]) -> Any:
        try:
            return act()
        except Exception:
            self.reached.add(number)
            if number != self.off:
                raise
        return instead()

    def rule(self, number: int, rule: Callable[[object], object]) -> Callable[[object], object]:
        def switched(value: object) -> object:
            return self.call(number, lambda: rule(value), lambda: None)

        return switched


class Switched(ast.NodeTransformer):
    """One module with a switch at each check."""

    def __init__(self, file: str, switches: Switches, names: frozenset[str]) -> None:
        self.file, self.switches, self.names = file, switches, names
        self.place: tuple[str, ...] = ()
        self.gives_bool = False
        self.guards: set[str] = set()

    def number(self, kind: str, node: ast.AST, code: str = "") -> ast.Constant:
        text = ast.unparse(node)
        line = getattr(node, "lineno", 0)
        place = ".".join(self.place)
        self.switches.checks.append(Check(kind, self.file, line, place, text, code))
        return ast.Constant(len(self.switches.checks) - 1)

    def ask(self, name: str, *given: ast.expr) -> ast.Call:
        switches = ast.Name(SWITCHES, ast.Load())
        return ast.Call(ast.Attribute(switches, name, ast.Load()), list(given), [])

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:  # ast's name
        outer = self.gives_bool, self.guards, self.place
        self.place = (*self.place, node.name)
        self.gives_bool = isinstance(node.returns, ast.Name) and node.returns.id == "bool"
        self.guards = {
            name.id
            for found in ast.walk(node)
            if isinstance(found, ast.If) and _raises(found.body)
            for name in ast.walk(found.test)
            if isinstance(name, ast.Name)
        }
        node.body = [cast("ast.stmt", self.visit(statement)) for statement in node.body]
        self.gives_bool, self.guards, self.place = outer
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        outer, self.place = self.place, (*self.place, node.name)
        self.generic_visit(node)
        self.place = outer
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        code = _raises(node.body)
        if code:
            node.test = self.terms(node.test, code, refuses=True)
        elif self.gives_bool and len(node.body) == 1 and isinstance(node.body[0], ast.Return):
            number = self.number("answer", node)
            node.test = self.ask("term", number, node.test, ast.Constant(value=False))
        return self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> ast.AST:
        if self.gives_bool and node.value is not None:
            node.value = self.all_terms(node.value)
        return self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        target = node.targets[0]
        if isinstance(target, ast.Name) and target.id in self.guards:
            node.value = self.all_terms(node.value)
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if RULES in ast.unparse(node.annotation) and node.value is not None:
            self.rule(node.value)
            return node
        return self.generic_visit(node)

    def rule(self, table: ast.expr) -> ast.expr:
        """A table of rules, or of tables, with a switch at each rule."""
        if not isinstance(table, ast.Dict):
            return self.ask("rule", self.number("rule", table), table)
        outer = self.place
        for index, key in enumerate(table.keys):
            self.place = (*outer, getattr(key, "value", "?"))
            table.values[index] = self.rule(table.values[index])
        self.place = outer
        return table

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        if not isinstance(node.exc, ast.Call):
            return node
        number = self.number("raise", node, _code(node))
        test = self.ask("on", number)
        return ast.If(test, [cast("ast.stmt", self.generic_visit(node))], [])

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        call = node.value
        if isinstance(call, ast.Call) and _name(call) in self.names and not _named_require(call):
            number = self.number("call", node)
            act = cast("ast.expr", self.generic_visit(call))
            none = ast.Lambda(_no_arguments(), ast.Constant(None))
            return ast.Expr(self.ask("call", number, ast.Lambda(_no_arguments(), act), none))
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if not _named_require(node):
            return self.generic_visit(node)
        number = self.number("call", node)
        instead = node.args[0] if node.args else ast.Constant(None)
        act = cast("ast.expr", self.generic_visit(node))
        lambdas = (ast.Lambda(_no_arguments(), act), ast.Lambda(_no_arguments(), instead))
        return self.ask("call", number, *lambdas)

    def terms(self, test: ast.expr, code: str, *, refuses: bool) -> ast.expr:
        """The condition of a guard, with a switch at each part that alone can refuse."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            test.operand = self.terms(test.operand, code, refuses=not refuses)
        elif isinstance(test, ast.BoolOp):
            alone = isinstance(test.op, ast.Or) == refuses
            parts = [self.terms(part, code, refuses=refuses) for part in test.values]
            test.values = [self.part(p, code, neutral=not refuses) if alone else p for p in parts]
        elif isinstance(test, ast.Compare) and len(test.ops) > 1 and not refuses:
            pairs = [self.part(pair, code, neutral=True) for pair in _pairs(test)]
            return ast.BoolOp(ast.And(), pairs)
        return test

    def all_terms(self, value: ast.expr) -> ast.expr:
        """A condition of either sense, with a switch at each part."""
        for found in ast.walk(value):
            if isinstance(found, ast.BoolOp):
                neutral = isinstance(found.op, ast.And)
                found.values = [self.part(p, "", neutral=neutral) for p in found.values]
        return value

    def part(self, value: ast.expr, code: str, *, neutral: bool) -> ast.expr:
        number = self.number("term", value, code)
        return self.ask("term", number, value, ast.Constant(neutral))


def _no_arguments() -> ast.arguments:
    return ast.arguments([], [], None, [], [], None, [])


def _pairs(chain: ast.Compare) -> Iterator[ast.expr]:
    left = chain.left
    for operator, right in zip(chain.ops, chain.comparators, strict=True):
        pair = ast.Compare(left, [operator], [right])
        yield ast.copy_location(pair, chain)
        left = right


def _raises(body: list[ast.stmt]) -> str:
    """The code that a block raises at once, "?" for another error, "" when it raises none."""
    if not isinstance(body[0], ast.Raise):
        return ""
    return _code(body[0]) or "?"


def _code(node: ast.Raise) -> str:
    called = node.exc
    if isinstance(called, ast.Call) and called.args:
        first = called.args[0]
        if isinstance(first, ast.Constant) and ast.unparse(called.func) == "CircleError":
            return str(first.value)
    return ast.unparse(called)[:40] if called is not None else ""


def _name(call: ast.Call) -> str:
    return str(getattr(call.func, "attr", None) or getattr(call.func, "id", ""))


def _named_require(call: ast.Call) -> bool:
    return _name(call).lstrip("_").startswith("require")


def defined_in(source: str) -> set[str]:
    """Names of the functions and methods of a module."""
    found = ast.walk(ast.parse(source))
    return {node.name for node in found if isinstance(node, ast.FunctionDef)} - CONTAINERS


def switched(source: str, file: str, switches: Switches, names: frozenset[str]) -> ast.Module:
    """The module with its switches; it needs `SWITCHES` among its globals.

    `names` are those of `defined_in`, of all modules together.
    """
    tree = Switched(file, switches, names).visit(ast.parse(source))
    return cast("ast.Module", ast.fix_missing_locations(tree))
