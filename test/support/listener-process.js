import { createServer } from "node:net";

const [, , host, port] = process.argv;
const server = createServer();
server.listen({ host, port: Number(port), backlog: 1 }, () => process.send?.(server.address()?.port));
