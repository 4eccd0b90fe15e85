/**
 * Puts a switch at every check of a TypeScript module, so that each can be deleted while it runs.
 *
 * A check is found in the syntax tree, by no list; `tests/vectors/check_points.py` does the same
 * in Python:
 *
 * - *raise*: a `throw` of a new error;
 * - *term*: one of several conditions that guard a `throw`, or of which a rule, a function that
 *   gives a `boolean`, or a value called `is…`, `has…` or `may…` is made;
 * - *answer*: an `if` that ends a function that gives a `boolean`;
 * - *call*: a call, awaited or not, of a function of these modules (not of a container) whose value nobody uses;
 * - *rule*: a rule for one member of an object.
 *
 * Deleted, a *raise* and a *call* do nothing, a *term* counts for nothing, a *rule* takes all.
 */
import { parseAst } from "vite";

/** A node of ESTree; what else it has depends on its type. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  // biome-ignore lint/suspicious/noExplicitAny: the tree is read, never written
  readonly [member: string]: any;
}

export interface Check {
  readonly kind: "raise" | "term" | "answer" | "call" | "rule";
  readonly file: string;
  readonly line: number;
  /** The function or table that it is in. */
  readonly place: string;
  readonly text: string;
  readonly code: string;
}

/** What the switched code asks while it runs: every check, which are reached, which is off. */
export class Switches {
  readonly checks: Check[] = [];
  off = -1;
  /** Checks that decided: deleting them would have made a difference to what came next. */
  reached = new Set<number>();
  /** What looked like a check and is none. */
  readonly noChecks = new Set<number>();

  on(number: number): boolean {
    this.reached.add(number);
    return number !== this.off;
  }

  term(number: number, value: unknown, neutral: boolean): unknown {
    if (Boolean(value) !== neutral) {
      this.reached.add(number);
    }
    return number === this.off ? neutral : value;
  }

  /** What a call threw. */
  thrown(number: number, error: unknown): void {
    this.reached.add(number);
    if (number !== this.off) {
      throw error;
    }
  }

  rule(number: number, rule: unknown): unknown {
    if (typeof rule !== "function") {
      // Called like a rule, and a plain yes or no.
      this.noChecks.add(number);
      return rule;
    }
    return (value: unknown) => {
      try {
        return this.term(number, rule(value), true);
      } catch (error) {
        this.thrown(number, error);
        return true;
      }
    };
  }
}

/** Names of the functions and methods of a module. */
export function definedIn(source: string): string[] {
  const named = (node: Node): string[] => {
    const isMethod = node.type === "MethodDefinition" || node.type === "FunctionDeclaration";
    const own = isMethod ? [node.id?.name ?? node.key?.name] : [];
    return [...own, ...childrenOf(node).flatMap(named)];
  };
  const containers = [Array, Map, Set].flatMap(({ prototype }) =>
    Object.getOwnPropertyNames(prototype),
  );
  const found = named(parseAst(source, { lang: "ts" }) as unknown as Node);
  return found.filter((name) => !containers.includes(name));
}

/** How the switched code names its switches. */
const SWITCHES = "globalThis.circleSwitches";

interface Scope {
  readonly place: string;
  readonly givesBoolean: boolean;
}

/** One module with a switch at each check; the text stays TypeScript. */
export class Switched {
  readonly #source: string;
  readonly #file: string;
  readonly #switches: Switches;
  readonly #names: ReadonlySet<string>;
  readonly #opens = new Map<number, string[]>();
  readonly #closes = new Map<number, string[]>();

  /** @param names Of functions and methods of all modules, see `definedIn`. */
  constructor(source: string, file: string, switches: Switches, names: ReadonlySet<string>) {
    this.#source = source;
    this.#names = names;
    this.#file = file;
    this.#switches = switches;
    this.#each(parseAst(source, { lang: "ts" }) as unknown as Node, {
      place: "",
      givesBoolean: false,
    });
  }

  /** The module's text. */
  text(): string {
    let text = "";
    for (let at = 0; at <= this.#source.length; at++) {
      text += [...(this.#closes.get(at) ?? [])].reverse().join("");
      text += (this.#opens.get(at) ?? []).join("") + (this.#source[at] ?? "");
    }
    return text;
  }

  #wrap(node: Node, open: string, close: string): void {
    this.#opens.set(node.start, [...(this.#opens.get(node.start) ?? []), open]);
    this.#closes.set(node.end, [...(this.#closes.get(node.end) ?? []), close]);
  }

  #number(kind: Check["kind"], node: Node, scope: Scope, code = ""): number {
    const text = this.#source.slice(node.start, node.end).replaceAll(/\s+/g, " ");
    const line = this.#source.slice(0, node.start).split("\n").length;
    this.#switches.checks.push({ kind, file: this.#file, line, place: scope.place, text, code });
    return this.#switches.checks.length - 1;
  }

  #each(node: Node, outer: Scope): void {
    const scope = scopeOf(node, outer);
    this.#visit(node, scope);
    for (const child of childrenOf(node)) {
      this.#each(child, scope);
    }
  }

  #visit(node: Node, scope: Scope): void {
    if (node.type === "ThrowStatement" && node.argument.type === "NewExpression") {
      const number = this.#number("raise", node, scope, codeOf(node));
      this.#wrap(node, `if (${SWITCHES}.on(${number})) {`, "}");
    } else if (node.type === "IfStatement") {
      const thrown = thrownBy(node.consequent);
      if (thrown !== undefined) {
        this.#guard(node.test, scope, codeOf(thrown), true);
      } else if (scope.givesBoolean && returns(node.consequent)) {
        this.#term(node.test, scope, "", false, "answer");
      }
    } else if (node.type === "ExpressionStatement" && this.#isCall(node.expression)) {
      const number = this.#number("call", node, scope);
      this.#wrap(node, "try {", `} catch (error) { ${SWITCHES}.thrown(${number}, error); }`);
    } else if (node.type === "LogicalExpression" && scope.givesBoolean && node.operator !== "??") {
      this.#term(node.left, scope, "", node.operator === "&&");
      this.#term(node.right, scope, "", node.operator === "&&");
    } else if (node.type === "Property" && isRule(node)) {
      const place = `${scope.place}.${node.key.name}`;
      const number = this.#number("rule", node.value, { ...scope, place });
      this.#wrap(node.value, `${SWITCHES}.rule(${number}, (`, "))");
    }
  }

  /** A switch at each part of a guard's condition that alone can refuse. */
  #guard(test: Node, scope: Scope, code: string, refuses: boolean): void {
    if (test.type === "UnaryExpression" && test.operator === "!") {
      this.#guard(test.argument, scope, code, !refuses);
    } else if (test.type === "ParenthesizedExpression") {
      this.#guard(test.expression, scope, code, refuses);
    } else if (test.type === "LogicalExpression") {
      const alone = (test.operator === "||") === refuses;
      for (const part of [test.left, test.right]) {
        if (alone && !(part.type === "LogicalExpression" && part.operator === test.operator)) {
          this.#term(part, scope, code, !refuses);
        }
        this.#guard(part, scope, code, refuses);
      }
    }
  }

  #isCall(node: Node): boolean {
    if (node.type === "AwaitExpression") {
      return this.#isCall(node.argument);
    }
    const name = node.callee?.name ?? node.callee?.property?.name;
    return node.type === "CallExpression" && this.#names.has(name);
  }

  #term(node: Node, scope: Scope, code: string, neutral: boolean, kind: Check["kind"] = "term") {
    const number = this.#number(kind, node, scope, code);
    this.#wrap(node, `${SWITCHES}.term(${number}, (`, `), ${neutral})`);
  }
}

function childrenOf(node: Node): Node[] {
  return Object.values(node)
    .flat()
    .filter((child) => typeof child?.type === "string" && typeof child.start === "number");
}

function scopeOf(node: Node, outer: Scope): Scope {
  const called = node.id?.name ?? node.key?.name;
  const isNamed = ["FunctionDeclaration", "MethodDefinition", "VariableDeclarator"];
  const inner = isNamed.includes(node.type) && called ? `${outer.place} ${called}`.trim() : "";
  const place =
    inner ||
    (node.type === "Property" && called && !isRule(node)
      ? `${outer.place}.${called}`
      : outer.place);
  return { place, givesBoolean: givesBoolean(node) ?? outer.givesBoolean };
}

/** Whether a function, a rule or a value is a yes or no; undefined for what is none of these. */
function givesBoolean(node: Node): boolean | undefined {
  if (node.type === "VariableDeclarator") {
    const type = node.id.typeAnnotation?.typeAnnotation;
    return type?.typeName?.name === "Rule" || /^(is|has|may)[A-Z]/.test(node.id.name ?? "");
  }
  if (/Function/.test(node.type) && node.returnType) {
    const type = node.returnType.typeAnnotation;
    return ["TSBooleanKeyword", "TSTypePredicate"].includes(type.type) || isRuleType(type);
  }
  // What a loop goes on for is no check.
  const outside = ["FunctionDeclaration", "ClassBody", "ForStatement"];
  return outside.includes(node.type) ? false : undefined;
}

function isRuleType(type: Node): boolean {
  return type.type === "TSTypeReference" && type.typeName.name === "Rule";
}

/** Whether a member of an object is a rule: something called `is…`, a maker of rules, a question. */
function isRule({ key, value, shorthand }: Node): boolean {
  if (shorthand || key.type !== "Identifier") {
    return false;
  }
  if (value.type === "Identifier") {
    return /^is[A-Z]/.test(value.name);
  }
  const makers = ["oneOf", "either", "bytes", "natural"];
  if (value.type === "CallExpression") {
    return makers.includes(value.callee.name);
  }
  return value.type === "MemberExpression" && value.property.name === "isArray";
}

function thrownBy(block: Node): Node | undefined {
  const first = block.type === "BlockStatement" ? block.body[0] : block;
  return first?.type === "ThrowStatement" ? first : undefined;
}

function returns(block: Node): boolean {
  const first = block.type === "BlockStatement" ? block.body[0] : block;
  return first?.type === "ReturnStatement";
}

function codeOf({ argument }: Node): string {
  const [first] = argument?.arguments ?? [];
  return argument?.callee?.name === "CircleError" && first?.type === "Literal" ? first.value : "";
}
