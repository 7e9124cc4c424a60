/**
 * Resolves when the present turn of the event loop ends, or the next one where it is called between two: what Node has
 * read from its sockets in that turn has been handed out then.
 */
export function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
