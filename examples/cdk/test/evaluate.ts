/** What the functions of a template are evaluated with. */
export interface Values {
  /** Of a `Ref`, by logical name; others evaluate to the name itself. */
  readonly refs: Readonly<Record<string, string>>;
  /** Of a `Fn::GetAtt`, by attribute; others evaluate to `Name.Attribute`. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly mappings: unknown;
}

/** A template's value with CloudFormation's functions evaluated, as far as the examples use them. */
export function evaluate(value: unknown, values: Values): unknown {
  if (Array.isArray(value)) return value.map((item) => evaluate(item, values));
  if (typeof value !== "object" || value === null) return value;
  const [name = "", ...others] = Object.keys(value);
  const argument: unknown = Reflect.get(value, name);
  const call = others.length === 0 ? functions[name] : undefined;
  if (call) return call(argument, values);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, evaluate(item, values)]));
}

const functions: Readonly<Record<string, (argument: unknown, values: Values) => unknown>> = {
  Ref: (name, { refs }) => refs[String(name)] ?? name,
  "Fn::GetAtt": (argument, { attributes }) => {
    const path = Array.isArray(argument) ? argument.join(".") : String(argument);
    return attributes[path.slice(path.indexOf(".") + 1)] ?? path;
  },
  "Fn::Join": (argument, values) => {
    const [separator, parts] = list(evaluate(argument, values));
    return list(parts).join(String(separator));
  },
  "Fn::Split": (argument, values) => {
    const [separator, text] = list(evaluate(argument, values));
    return String(text).split(String(separator));
  },
  "Fn::Select": (argument, values) => {
    const [index, items] = list(evaluate(argument, values));
    return list(items)[Number(index)];
  },
  "Fn::GetAZs": () => ["eu-west-1a", "eu-west-1b"],
  "Fn::FindInMap": (argument, values) =>
    list(evaluate(argument, values)).reduce(
      (map, key) => Reflect.get(Object(map), String(key)),
      values.mappings,
    ),
  "Fn::Sub": (argument, values) => {
    const [text, names] = list(evaluate(Array.isArray(argument) ? argument : [argument, {}], values));
    return String(text).replaceAll(/\$\{([^}]+)\}/g, (_, name: string) =>
      String(
        Reflect.get(Object(names), name) ??
          values.refs[name] ??
          values.attributes[name.slice(name.indexOf(".") + 1)] ??
          name,
      ),
    );
  },
};

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`expected a list, got ${JSON.stringify(value)}`);
  return value;
}
