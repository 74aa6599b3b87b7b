// Streams a dump into a block blob while it is being written: the disk of a Container Apps job is smaller than a database. The blocks
// become a blob only after the dump's container has said that it ended well. Runs in Node's own image, without packages.
import { createReadStream, existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const { WORK, ARCHIVE_URL, AZURE_CLIENT_ID, IDENTITY_ENDPOINT, IDENTITY_HEADER } = process.env;
const blockBytes = Number(process.env.BLOCK_BYTES ?? 16 * 1024 * 1024);
const day = new Date().toISOString().slice(0, 10).replaceAll("-", "/");
const target = `${ARCHIVE_URL}/archive/${day}/database.dump`;

let token = { value: "", until: 0 };
async function bearer() {
  if (Date.now() > token.until) {
    const query = new URLSearchParams({ resource: "https://storage.azure.com/", "api-version": "2019-08-01", client_id: AZURE_CLIENT_ID });
    const answer = await fetch(`${IDENTITY_ENDPOINT}?${query}`, { headers: { "X-IDENTITY-HEADER": IDENTITY_HEADER } });
    if (!answer.ok) throw new Error(`no token: ${answer.status} ${await answer.text()}`);
    token = { value: (await answer.json()).access_token, until: Date.now() + 10 * 60_000 };
  }
  return token.value;
}

async function put(query, body, tries = 5) {
  for (let attempt = 1; ; attempt++) {
    let problem;
    try {
      const headers = {
        authorization: `Bearer ${await bearer()}`,
        "x-ms-version": "2023-11-03",
        "content-type": "application/octet-stream",
      };
      const answer = await fetch(`${target}?${query}`, { method: "PUT", headers, body });
      if (answer.ok) return;
      problem = new Error(`${answer.status} ${(await answer.text()).slice(0, 500)}`);
      if (answer.status < 500 && answer.status !== 408 && answer.status !== 429) throw problem;
    } catch (error) {
      if (error === problem) throw error;
      problem = error;
    }
    if (attempt === tries) throw problem;
    await sleep(2 ** attempt * Number(process.env.RETRY_MS ?? 500));
  }
}

/** The other container makes the pipe, and later one of the two marks. */
async function appears(names, seconds) {
  for (let left = seconds * 10; left > 0; left--) {
    const found = names.find((name) => existsSync(`${WORK}/${name}`));
    if (found !== undefined) return found;
    await sleep(100);
  }
  throw new Error(`none of ${names.join(", ")} came within ${seconds} s`);
}

const ids = [];
let waiting = [];
let size = 0;
async function flush() {
  if (size === 0) return;
  const id = Buffer.from(String(ids.length).padStart(8, "0")).toString("base64");
  await put(new URLSearchParams({ comp: "block", blockid: id }), Buffer.concat(waiting));
  ids.push(id);
  waiting = [];
  size = 0;
}

await appears(["pipe"], 600);
for await (const chunk of createReadStream(`${WORK}/pipe`)) {
  waiting.push(chunk);
  size += chunk.length;
  if (size >= blockBytes) await flush();
}
await flush();
if ((await appears(["done", "failed"], 60)) === "failed") throw new Error("the dump failed: nothing is kept of it");
await put(
  "comp=blocklist",
  `<?xml version="1.0" encoding="utf-8"?><BlockList>${ids.map((id) => `<Latest>${id}</Latest>`).join("")}</BlockList>`,
);
console.log(`archived ${ids.length} blocks as ${target}`);
