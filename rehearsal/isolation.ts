// What a rehearsal's processes get to know of this machine: enough to run, and nothing by which an account could be reached.

/** Variables that a process needs to run, and nothing else is handed on. */
const harmless =
  /^(PATH|LANG|LC_\w+|LANGUAGE|TZ|TMPDIR|TEMP|TMP|TERM|USER|LOGNAME|SHELL|PWD|NO_COLOR|COLORTERM|SystemRoot|ComSpec|PATHEXT|AWSX_PROVIDER)$/i;

type Environment = Readonly<Record<string, string | undefined>>;

/** Names of all that is not handed on. */
export function withheld(environment: Environment): string[] {
  return Object.keys(environment).filter((name) => !harmless.test(name));
}

/**
 * Over an inherited environment: all that is withheld is emptied, which the clouds' own tools take for absent, and files and services that
 * hold credentials are not looked for.
 */
export function isolated(environment: Environment, home: string): Record<string, string> {
  return { ...Object.fromEntries(withheld(environment).map((name) => [name, ""])), ...nowhere(home) };
}

/** The same for this process itself: what runs in it (the deploy command's own clients) finds no credentials either. */
export function isolateProcess(home: string): void {
  // HOME stays: the Pulumi CLI and its plugins are found by it.
  for (const name of withheld(process.env)) if (name !== "HOME") Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, nowhere(home), { HOME: process.env.HOME });
}

function nowhere(home: string): Record<string, string> {
  return {
    HOME: home,
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
    AZURE_CONFIG_DIR: home,
  };
}
