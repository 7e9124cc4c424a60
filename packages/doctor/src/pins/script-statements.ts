import { parse } from "@babel/parser";
import type { Engine } from "@rds-proxy/core";
import type { FoundStatement } from "./found-statement.js";

/** A node of the syntax tree: ESTree with Babel's literals. https://github.com/babel/babel/blob/main/packages/babel-parser/ast/spec.md */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly [property: string]: unknown;
}

/** Functions and methods whose first argument is a statement, in drivers, query builders and ORMs. */
const SENDING = new Set([
  "query",
  "execute",
  "prepare",
  "raw",
  "unsafe",
  "literal",
  "rawQuery",
  "$queryRawUnsafe",
  "$executeRawUnsafe",
]);
/** Tags of templates that are statements or parts of them. */
const TAGS = new Set(["sql", "SQL", "raw", "$queryRaw", "$executeRaw"]);
/** Properties that hold a statement. */
const PROPERTIES = new Set(["sql", "text"]);

/**
 * Texts that count as statements anywhere in a script. The patterns go beyond the first word because prose can begin with the
 * same word: "set the table".
 */
const STATEMENT = new RegExp(
  String.raw`^\s*(?:(?:--[^\n]*\n|/\*(?:[^*]|\*(?!/))*\*/)\s*)*(?:${[
    String.raw`select\s[^]*\b(?:from|into|set_config|nextval|setval|pg_(?:try_)?advisory|get_lock|found_rows|row_count)\b`,
    String.raw`select\s+[\w."]+\s*\(`,
    String.raw`select\s[^]*:=`,
    String.raw`with\s[^]*\bas\s*(?:(?:not\s+)?materialized\s*)?\(`,
    String.raw`insert\s+(?:ignore\s+)?into\s`,
    String.raw`update\s[^]+\sset\s`,
    String.raw`delete\s+from\s`,
    String.raw`set\s+(?:local|session|global|names|transaction|role|time\s+zone|character\s+set)\s`,
    String.raw`set\s+[@\w."$]+\s*(?:=|:=|to\s)`,
    String.raw`create\s[^]*\b(?:temp|temporary)\s`,
    String.raw`prepare\s+\S+\s+(?:as|from)\s`,
    String.raw`deallocate\s+(?:prepare\s+)?\S+\s*;?\s*$`,
    String.raw`declare\s[^]*\bcursor\b`,
    String.raw`(?:un)?lock\s+tables?\b`,
    String.raw`flush\s+tables\s`,
    String.raw`discard\s+(?:all|plans|sequences|temp|temporary)\s*;?\s*$`,
    String.raw`reset\s+(?:all|role|\w+\.\w+)\s*;?\s*$`,
    String.raw`listen\s+[\w"]+\s*;?\s*$`,
    String.raw`explain\s`,
  ].join("|")})`,
  "i",
);

/**
 * The statements in a JavaScript or TypeScript file: arguments of `query()` and similar functions, `sql` templates, properties
 * `sql` and `text`, and other texts that begin like statements.
 *
 * @param extension of the file's name, which tells the language
 * @throws SyntaxError
 */
export function scriptStatements(source: string, engine: Engine, extension: string): FoundStatement[] {
  const { program } = parse(source, {
    sourceType: "unambiguous",
    allowReturnOutsideFunction: true,
    allowAwaitOutsideFunction: true,
    errorRecovery: true,
    plugins: [
      ...(/^\.[mc]?tsx?$/.test(extension) ? (["typescript"] as const) : []),
      // Elsewhere in TypeScript `<T>value` asserts a type.
      ...(/^\.[mc]?ts$/.test(extension) ? [] : (["jsx"] as const)),
      "decorators",
      "decoratorAutoAccessors",
    ],
  });
  const statements: FoundStatement[] = [];
  const root: unknown = program;
  if (isNode(root)) visit(root, false, engine, statements);
  return statements;
}

/** @param isExpected whether a text at this position is a statement, regardless of its content */
function visit(node: Node, isExpected: boolean, engine: Engine, statements: FoundStatement[]): void {
  const text = textOf(node, engine);
  if (text !== undefined) {
    const { start } = node;
    if (isExpected || isStatement(text)) statements.push({ text, offset: start, isPrepared: false });
    // The expressions in a template can contain further statements.
    for (const child of expressionsOf(node)) visit(child, false, engine, statements);
    return;
  }
  if (node.type === "TaggedTemplateExpression") {
    const { tag, quasi } = node;
    if (isNode(quasi)) visit(quasi, TAGS.has(nameOf(tag)), engine, statements);
    return;
  }
  if (
    node.type === "CallExpression" ||
    node.type === "OptionalCallExpression" ||
    node.type === "NewExpression"
  ) {
    visitCall(node, engine, statements);
    return;
  }
  for (const [property, child] of childrenOf(node)) {
    const isStatement = isProperty(node) && property === "value" && PROPERTIES.has(nameOf(node["key"]));
    visit(child, isStatement, engine, statements);
  }
}

/** Prose begins with a capital, and goes on in small letters: "Set IAMAuth to REQUIRED". */
function isStatement(text: string): boolean {
  return STATEMENT.test(text) && !/^\s*[A-Z][a-z]/.test(text);
}

function visitCall(node: Node, engine: Engine, statements: FoundStatement[]): void {
  const { callee } = node;
  const name = nameOf(callee);
  const [first, ...others] = nodesIn(node["arguments"]);
  if (isNode(callee)) visit(callee, false, engine, statements);
  const before = statements.length;
  if (first) visit(first, SENDING.has(name), engine, statements);
  // mysql2's execute() and prepare(), and node-postgres' named statements.
  const isPreparing =
    first !== undefined &&
    (engine === "mysql"
      ? (name === "execute" || name === "prepare") && textOf(first, engine) !== undefined
      : name === "query" && hasName(first));
  const found = statements[before];
  if (isPreparing && found) statements[before] = { ...found, isPrepared: true };
  for (const other of others) visit(other, false, engine, statements);
}

/** Whether an object has both a name and a text. */
function hasName(node: Node): boolean {
  if (node.type !== "ObjectExpression") return false;
  const names = nodesIn(node["properties"]).map(({ key }) => nameOf(key));
  return names.includes("name") && names.includes("text");
}

/** The text of a literal, a template, or a concatenation with `+`. Other expressions in it become parameters. */
function textOf(node: Node, engine: Engine): string | undefined {
  const { type, value, quasis, left, right, operator } = node;
  if (type === "StringLiteral" && typeof value === "string") return value;
  if (type === "TemplateLiteral") return nodesIn(quasis).map(cookedOf).join(parameterOf(engine));
  if (type !== "BinaryExpression" || operator !== "+" || !isNode(left) || !isNode(right)) return undefined;
  const [one, other] = [textOf(left, engine), textOf(right, engine)];
  if (one === undefined && other === undefined) return undefined;
  return (one ?? parameterOf(engine)) + (other ?? parameterOf(engine));
}

function cookedOf({ value }: Node): string {
  if (typeof value !== "object" || value === null || !("cooked" in value)) return "";
  return typeof value.cooked === "string" ? value.cooked : "";
}

function parameterOf(engine: Engine): string {
  return engine === "mysql" ? "?" : "$1";
}

/** The expressions in a template, and the parts of a concatenation that are not literals. */
function expressionsOf(node: Node): Node[] {
  if (node.type === "TemplateLiteral") return nodesIn(node["expressions"]);
  const { left, right } = node;
  return [left, right].filter(isNode).flatMap((part) => {
    if (part.type === "StringLiteral") return [];
    return part.type === "BinaryExpression" || part.type === "TemplateLiteral" ? expressionsOf(part) : [part];
  });
}

/** The last name of `sql`, `db.query`, `Prisma.sql` or `sql<Row>`; empty for anything else. */
function nameOf(node: unknown): string {
  if (!isNode(node)) return "";
  const { type, name, value, property, expression, callee } = node;
  if (type === "Identifier" && typeof name === "string") return name;
  if (type === "StringLiteral" && typeof value === "string") return value;
  if (type === "MemberExpression" || type === "OptionalMemberExpression") return nameOf(property);
  if (type === "TSInstantiationExpression" || type === "TSNonNullExpression") return nameOf(expression);
  return type === "CallExpression" ? nameOf(callee) : "";
}

function isProperty({ type }: Node): boolean {
  return type === "ObjectProperty" || type === "ClassProperty";
}

function childrenOf(node: Node): (readonly [property: string, child: Node])[] {
  return Object.entries(node).flatMap(([property, value]) =>
    nodesIn(value).map((child) => [property, child] as const),
  );
}

function nodesIn(value: unknown): Node[] {
  return (Array.isArray(value) ? value : [value]).filter(isNode);
}

function isNode(value: unknown): value is Node {
  return (
    typeof value === "object" &&
    value !== null &&
    "type" in value &&
    typeof value.type === "string" &&
    "start" in value &&
    typeof value.start === "number"
  );
}
