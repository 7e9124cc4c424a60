import { EventEmitter } from "node:events";
import { expect, it, vi } from "vitest";
import { ViewListeners } from "./view-listeners.js";

function createListeners() {
  const emitter = new EventEmitter();
  const view = { name: "view" };
  const heard: unknown[] = [];
  emitter.on("error", () => heard.push("owner"));
  const listeners = new ViewListeners(emitter, () => view);
  const call = (method: string, ...args: unknown[]): unknown => {
    const member: unknown = listeners.member(method);
    return typeof member === "function" ? Reflect.apply(member, view, args) : member;
  };
  return { emitter, view, heard, listeners, call };
}

it.each(["on", "once", "addListener", "prependListener", "prependOnceListener"])(
  "%s adds a listener that is called with the view as its this",
  (method) => {
    const { emitter, view, call } = createListeners();
    const heard: unknown[] = [];
    const listener = function (this: unknown, text: unknown): void {
      heard.push(this, text);
    };
    expect(call(method, "notice", listener)).toBe(view);
    emitter.emit("notice", "hello");
    expect(heard).toEqual([view, "hello"]);
  },
);

it("removes the listeners of the view and no others", () => {
  const { emitter, heard, call } = createListeners();
  const listener = (): number => heard.push("view");
  call("on", "error", listener);
  expect(emitter.listenerCount("error")).toBe(2);
  call("off", "error", listener);
  expect(emitter.listenerCount("error")).toBe(1);
  call("on", "error", listener);
  call("removeAllListeners", "error");
  emitter.emit("error", new Error("late"));
  expect(heard).toEqual(["owner"]);
});

it("removes a listener that was added twice one at a time, as an emitter does", () => {
  const { emitter, call } = createListeners();
  const listener = (): undefined => undefined;
  call("on", "notice", listener);
  call("once", "notice", listener);
  expect(emitter.listeners("notice")).toEqual([listener, listener]);
  expect(emitter.listenerCount("notice", listener)).toBe(2);
  call("off", "notice", listener);
  expect(emitter.listenerCount("notice")).toBe(1);
  call("off", "notice", listener);
  expect(emitter.listenerCount("notice")).toBe(0);
  call("once", "notice", listener);
  emitter.emit("notice");
  expect(emitter.listenerCount("notice")).toBe(0);
});

it("removes all its listeners and restores the maximum when the lease ends", () => {
  const { emitter, listeners, call } = createListeners();
  call("on", "error", () => undefined);
  call("once", "end", () => undefined);
  call("setMaxListeners", 0);
  call("setMaxListeners", 3);
  expect(emitter.getMaxListeners()).toBe(3);
  listeners.cleanUp();
  expect(emitter.getMaxListeners()).toBe(EventEmitter.defaultMaxListeners);
  expect(emitter.listenerCount("error")).toBe(1);
  expect(emitter.listenerCount("end")).toBe(0);
  for (const add of ["on", "once", "setMaxListeners"]) {
    expect(() => call(add, "end", () => undefined)).toThrow(
      expect.objectContaining({ code: "RDS_PROXY_LEASE_ENDED" }),
    );
  }
  expect(emitter.listenerCount("end")).toBe(0);
});

it.each(["prependListener", "prependOnceListener"])("%s adds a listener before the others", (method) => {
  const { emitter, call } = createListeners();
  const heard: string[] = [];
  call("on", "notice", () => heard.push("first"));
  call(method, "notice", () => heard.push("prepended"));
  call("on", "notice", () => heard.push("last"));
  emitter.emit("notice");
  expect(heard).toEqual(["prepended", "first", "last"]);
});

it.each([
  ["once", 1],
  ["prependOnceListener", 1],
  ["on", 2],
  ["addListener", 2],
  ["prependListener", 2],
])("%s hears two events %i times", (method, times) => {
  const { emitter, call } = createListeners();
  const listener = vi.fn();
  call(method, "notice", listener);
  emitter.emit("notice");
  emitter.emit("notice");
  expect(listener).toHaveBeenCalledTimes(times);
});

it("removes listeners of the given event and function only, by either name", () => {
  const { emitter, view, call } = createListeners();
  const [first, second] = [vi.fn(), vi.fn()];
  for (const event of ["notice", "end"]) {
    for (const listener of [first, second]) call("on", event, listener);
  }
  expect(call("off", "notice", first)).toBe(view);
  expect(call("removeListener", "end", second)).toBe(view);
  expect(emitter.listeners("notice")).toEqual([second]);
  expect(emitter.listeners("end")).toEqual([first]);
  expect(call("removeAllListeners", "notice")).toBe(view);
  expect([emitter.listenerCount("notice"), emitter.listenerCount("end")]).toEqual([0, 1]);
  call("removeAllListeners");
  expect(emitter.listenerCount("end")).toBe(0);
});

it.each(["off", "removeListener"])("%s of a listener that was not added removes none", (method) => {
  const { emitter, view, call } = createListeners();
  const listener = vi.fn();
  call("on", "notice", listener);
  expect(call(method, "notice", () => undefined)).toBe(view);
  expect(call(method, "end", listener)).toBe(view);
  expect(emitter.listeners("notice")).toEqual([listener]);
});

it("leaves the emitter's other members and an untouched maximum alone", () => {
  const { emitter, view, listeners, call } = createListeners();
  expect(listeners.member("emit")).toBeUndefined();
  expect(call("setMaxListeners", 3)).toBe(view);
  const untouched = createListeners();
  untouched.emitter.setMaxListeners(7);
  untouched.listeners.cleanUp();
  expect([emitter.getMaxListeners(), untouched.emitter.getMaxListeners()]).toEqual([3, 7]);
});
