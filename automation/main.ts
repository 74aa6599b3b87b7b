// `npm run deploy`.
import { asProcess } from "../terminal";
import { run } from "./cli";
import { withLogin } from "./engine-login";

// Whatever of the clouds' clients has not ended yet: this has.
void asProcess((argv, printer) => withLogin(process.env, printer, (engine) => run(argv, printer, engine))).then(() =>
  // What the outputs have to say of themselves comes first.
  setImmediate(() => process.exit()),
);
