import { describe, expect, it } from "vitest";
import { lendObject } from "./loan.js";

class Client {
  #secret = "kept";
  marks: string[] = [];
  pending = Promise.withResolvers<string>();

  query(): Promise<string> {
    return this.pending.promise;
  }

  on(mark: string): this {
    this.marks.push(mark);
    return this;
  }

  end(): string {
    return this.#secret;
  }

  tell(): string {
    return this.#secret;
  }
}

function lend(client = new Client()) {
  let cleanUps = 0;
  const loan = lendObject(client, {
    replacementOf: (property) => (property === "end" ? () => "left open" : undefined),
    refuse(property) {
      if (property === "query") return Promise.reject(new Error("the loan has ended"));
      throw new Error("the loan has ended");
    },
    cleanUp: () => {
      cleanUps++;
    },
  });
  return { client, ...loan, cleanUps: () => cleanUps };
}

describe("a borrowed object", () => {
  it("is used like the object itself, private state included", () => {
    const { db } = lend();
    expect(db).toBeInstanceOf(Client);
    expect(db.tell()).toBe("kept");
    expect(db.query).toBe(db.query);
  });

  it("keeps what its borrower writes from the object and from other borrowers", () => {
    const { client, db } = lend();
    const original = db.tell;
    db.tell = () => `wrapped ${original()}`;
    Object.assign(db, { tenant: "A" });
    expect(db.tell()).toBe("wrapped kept");
    expect("tenant" in db).toBe(true);
    expect(client.tell()).toBe("kept");
    expect("tenant" in client).toBe(false);
    Reflect.deleteProperty(db, "tell");
    expect(db.tell()).toBe("kept");
  });

  it("never hands out the object itself, not even from a chain of calls", () => {
    const { client, db } = lend();
    expect(db.on("a").on("b")).toBe(db);
    expect(client.marks).toEqual(["a", "b"]);
  });

  it("has its owner's own answers to some calls, during and after the loan", () => {
    const { db, revoke } = lend();
    expect(db.end()).toBe("left open");
    revoke();
    expect(db.end()).toBe("left open");
  });

  it("is out of reach once the loan was revoked, also by a method that was taken before", async () => {
    const { db, revoke, cleanUps } = lend();
    const { query, tell } = db;
    revoke();
    await expect(query()).rejects.toThrow("the loan has ended");
    expect(tell).toThrow("the loan has ended");
    expect(() => db.tell()).toThrow("the loan has ended");
    expect(cleanUps()).toBe(1);
  });

  it("passes results and failures on", async () => {
    const { client, db } = lend();
    const answer = db.query();
    client.pending.resolve("row");
    expect(await answer).toBe("row");
    client.pending = Promise.withResolvers();
    const failure = db.query();
    client.pending.reject(new Error("refused"));
    await expect(failure).rejects.toThrow("refused");
  });

  it("does not let a failure go unhandled that nobody can wait for any more", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => {
      unhandled.push(reason);
    };
    process.on("unhandledRejection", note);
    const { client, db, revoke } = lend();
    void db.query();
    revoke();
    client.pending.reject(new Error("the connection was closed"));
    void db.query();
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });
});
