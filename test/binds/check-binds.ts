import { inspect } from "node:util";
import fc from "fast-check";
import { BindComparison, type Comparison, SESSION_KINDS, type SessionKind, type Verdict } from "./compare.js";
import { boundStatement } from "./statements.js";

export type Server = Parameters<typeof BindComparison.open>[0];

export interface BindReport {
  readonly verdicts: Record<Verdict, number>;
  /** How many statements were refused in a session of which character set, and with which errors. */
  readonly refusals: Record<string, number>;
}

/**
 * Compares statements whose values go into their text with the same as prepared statements of bare mysql2, in sessions of
 * several character sets and SQL modes.
 *
 * @param runs how many statements in all
 * @param onKind called when all statements of one kind of session have been compared
 * @throws with the seed and a statement that is as short as possible, where the two differ in what they do
 */
export async function checkBinds(
  server: Server,
  { runs, seed, onKind }: { runs: number; seed: number; onKind?: (kind: SessionKind) => void },
): Promise<BindReport> {
  const refusals: Record<string, number> = {};
  const verdicts = { prepared: 0, equal: 0, refused: 0, charset: 0, different: 0 };
  for (const [index, kind] of SESSION_KINDS.entries()) {
    const comparison = await BindComparison.open(server, kind, `binds_${process.pid}`);
    const numRuns = Math.ceil(runs / SESSION_KINDS.length);
    try {
      await fc.assert(
        fc.asyncProperty(boundStatement, async (statement) => {
          const compared = await comparison.compare(statement);
          verdicts[compared.verdict]++;
          if (compared.reason !== undefined) {
            const refusal = `${kind.charset}, ${compared.reason}`;
            refusals[refusal] = (refusals[refusal] ?? 0) + 1;
          }
          if (compared.verdict === "different") throw new Error(report(kind, compared));
        }),
        { numRuns, seed: seed + index, endOnFailure: numRuns > 1000 },
      );
    } catch (error) {
      comparison.destroy();
      throw error;
    }
    await comparison.close();
    onKind?.(kind);
  }
  return { verdicts, refusals };
}

function report(kind: object, { details }: Comparison): string {
  return `${inspect(kind)} ${inspect(details, { depth: 6, maxStringLength: 2000 })}`;
}
