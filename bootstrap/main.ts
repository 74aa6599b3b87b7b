// `npm run bootstrap`.
import { run } from "./cli";

const printer = { out: (text: string) => void process.stdout.write(text), err: (text: string) => void process.stderr.write(text) };

void run(process.argv.slice(2), printer).then((code) => {
  process.exitCode = code;
});
