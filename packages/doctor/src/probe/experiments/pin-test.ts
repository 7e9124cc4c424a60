/** A client whose database connection can be told from others. */
export interface PinClient {
  /** Runs a transaction, and returns the id of the database connection that it had. */
  backend(): Promise<string>;
  /** Begins a transaction, and returns the id of the database connection that it holds. */
  hold(): Promise<string>;
  /** Ends that transaction. */
  release(): Promise<void>;
}

const CALIBRATION_ROUNDS = 20;
const MOST_ROUNDS = 60;
/** Of taking a session for pinned that is not. */
const ERROR_PROBABILITY = 1e-6;
/** From this share of rounds on, further holders are not worth their time. */
const GOOD_RATE = 0.9;

/**
 * Finds out from outside whether a session is pinned. In a round, the client runs a transaction; other clients then begin
 * transactions and hold their database connections; the client runs one more. If another client got the client's database
 * connection, or the client got another one, the session is not pinned. A pinned session never moves, but a session that is not
 * pinned may stay by chance, so the rounds are repeated until the chance of that is below one in a million: by how often a
 * client that does nothing that pins, the control, moved before. The control has to move afterwards, too.
 */
export class PinTest {
  readonly #control: PinClient;
  readonly #holders: readonly PinClient[];
  /** How many rounds without a move are enough. */
  readonly rounds: number;

  private constructor(control: PinClient, holders: readonly PinClient[], rounds: number) {
    this.#control = control;
    this.#holders = holders;
    this.rounds = rounds;
  }

  /**
   * Measures how often the control moves.
   *
   * @param addHolder opens a client more; called at most `mostHolders` times
   * @returns undefined if it moves too rarely to tell anything
   */
  static async calibrate(
    control: PinClient,
    addHolder: () => Promise<PinClient>,
    mostHolders: number,
  ): Promise<PinTest | undefined> {
    const holders: PinClient[] = [];
    let moves = 0;
    while (holders.length < mostHolders && moves / CALIBRATION_ROUNDS < GOOD_RATE) {
      holders.push(await addHolder());
      moves = 0;
      for (let round = 0; round < CALIBRATION_ROUNDS; round++) {
        if (await hasMoved(control, holders)) moves += 1;
      }
    }
    if (moves === 0) return undefined;
    // Of two rounds more, so that a few rounds without an exception do not count as certainty.
    const rate = moves / (CALIBRATION_ROUNDS + 2);
    const rounds = Math.ceil(Math.log(ERROR_PROBABILITY) / Math.log(1 - rate));
    return rounds <= MOST_ROUNDS ? new PinTest(control, holders, rounds) : undefined;
  }

  /** Whether the client's session is pinned; undefined if the control does not move any more, either. */
  async isPinned(client: PinClient): Promise<boolean | undefined> {
    if (await this.#moves(client)) return false;
    return (await this.#moves(this.#control)) ? true : undefined;
  }

  /** Holds as many database connections as it can while `work` runs. */
  async whileHeld<T>(work: () => Promise<T>): Promise<T> {
    const holding: PinClient[] = [];
    try {
      for (const holder of this.#holders) {
        await holder.hold();
        holding.push(holder);
      }
      return await work();
    } finally {
      await Promise.all(holding.map((holder) => holder.release()));
    }
  }

  async #moves(client: PinClient): Promise<boolean> {
    for (let round = 0; round < this.rounds; round++) {
      if (await hasMoved(client, this.#holders)) return true;
    }
    return false;
  }
}

/** One round. */
async function hasMoved(client: PinClient, holders: readonly PinClient[]): Promise<boolean> {
  const before = await client.backend();
  const holding: PinClient[] = [];
  try {
    for (const holder of holders) {
      const held = await holder.hold();
      holding.push(holder);
      if (held === before) return true;
    }
    return (await client.backend()) !== before;
  } finally {
    await Promise.all(holding.map((holder) => holder.release()));
  }
}
