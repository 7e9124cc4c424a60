import { type Machine, statesOf } from "./machine.js";

/** The lines around the drawing in a document. */
const BEGIN = "<!-- Written by `npm run docs:model` from test/model/slot-machine.ts. -->";
const END = "<!-- End of the drawing. -->";

/** A Mermaid state diagram. Transitions name the event that reports them after a slash. */
function drawMachine(machine: Machine): string {
  const ids = new Map(statesOf(machine).map((state) => [state, state.replaceAll(" ", "_")]));
  const names = [...ids].filter(([state, id]) => state !== id);
  return [
    "stateDiagram-v2",
    ...names.map(([state, id]) => `  state "${state}" as ${id}`),
    `  [*] --> ${ids.get(machine.initial)}`,
    ...machine.transitions.flatMap(({ from, to, on, if: guard, emits, leaves }) => {
      const label = `${on}${guard ? ` [${guard}]` : ""}${emits ? ` / ${emits}` : ""}`;
      const target = to === machine.gone ? "[*]" : ids.get(to);
      return [
        `  ${ids.get(from)} --> ${target}: ${label}`,
        ...(leaves ? [`  ${ids.get(from)} --> ${ids.get(leaves)}: ${on}, its login goes on`] : []),
      ];
    }),
  ]
    .filter((line) => !line.includes(" as gone"))
    .join("\n");
}

/**
 * Puts the drawing into a document, in place of the last one.
 *
 * @throws Error if the document has no place for it
 */
export function withDrawing(text: string, machine: Machine): string {
  const [before, rest] = text.split(BEGIN);
  const [, after] = rest?.split(END) ?? [];
  if (before === undefined || after === undefined) throw new Error(`the document lacks ${BEGIN} and ${END}`);
  return `${before}${BEGIN}\n\n\`\`\`mermaid\n${drawMachine(machine)}\n\`\`\`\n\n${END}${after}`;
}
