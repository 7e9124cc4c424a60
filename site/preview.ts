import { readRepository } from "./assemble/repository.js";
import { serveSite } from "./serve.js";

const { base } = await readRepository();
const { url } = await serveSite(base, 4173);
process.stdout.write(`The site, as \`npm run site\` built it, is at ${url}\n`);
