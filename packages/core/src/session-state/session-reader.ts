import type { Engine } from "../endpoint/engine.js";
import { EFFECTS, type EffectKind } from "./effects.js";
import { mysqlEffects } from "./mysql-effects.js";
import { postgresEffects } from "./postgres-effects.js";
import { rememberEffects } from "./remembered-effects.js";
import { SessionLedger } from "./session-ledger.js";
import type { SentStatement } from "./session-watch.js";

const findEffects = {
  postgres: rememberEffects(postgresEffects),
  mysql: rememberEffects(mysqlEffects),
};
const PREPARED: readonly EffectKind[] = ["prepared-statement"];

/** Reads the statements of one connection and records their effects on its session. */
export class SessionReader {
  readonly ledger: SessionLedger = new SessionLedger();
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /**
   * Reads a statement that is sent.
   *
   * @returns the effect that pins the session with it; undefined if none does or it was pinned before
   */
  read(statement: SentStatement): EffectKind | undefined {
    const effects = this.#effectsOf(statement);
    return this.ledger.add(effects, statement.isInTransaction ?? false, statement.isOfConnection);
  }

  /** The first effect of a statement that would pin the session. */
  pinOf(statement: SentStatement): EffectKind | undefined {
    return this.#effectsOf(statement).find((kind) => EFFECTS[kind].pins);
  }

  #effectsOf({ text, isPrepared, hasBackslashEscapes }: SentStatement): readonly EffectKind[] {
    const effects = findEffects[this.#engine](text, hasBackslashEscapes);
    return isPrepared ? [...effects, ...PREPARED] : effects;
  }
}
