// `npm run rehearse`.
import { asProcess } from "../terminal";
import { run } from "./cli";

void asProcess(run);
