// `npm run deploy`.
import { asProcess } from "../terminal";
import { run } from "./cli";
import { withLogin } from "./engine-login";

void asProcess((argv, printer) => withLogin(process.env, printer, (engine) => run(argv, printer, engine)));
