// `npm run plan`.
import { asProcess } from "../terminal";
import { run } from "./cli";

void asProcess(run);
