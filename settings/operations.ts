// Settings of operators' access (docs/operations-access.md): consoles by choice, and a container with psql for as long as one is needed.
import { z } from "zod";
import type { ServiceSpec } from "../components/app-service/index";
import type { Fault } from "../components/fault";
import type { Subject } from "./rules";

export interface Operations {
  /** Consoles in running containers, by the cloud's own login. */
  readonly exec: boolean;
  /** A container with psql beside the services. */
  readonly console: boolean;
}

export const operationsSchema = z.strictObject({
  exec: z
    .boolean()
    .optional()
    .describe(
      "A console in running containers by the cloud's own login. AWS: ECS Exec. Azure: the SSH console of App Service, if the image has one; Container Apps always have theirs, for whoever has the role.",
    ),
  console: z
    .boolean()
    .optional()
    .describe("A container `console` with psql that uses the database, for the time of an intervention; needs `operations.exec`."),
});

export const usualOperations: Operations = { exec: false, console: false };

export const consoleName = "console";
/** It has psql of the server's newest version, which speaks to the older ones, and is pulled without a login. */
const consoleImage = "public.ecr.aws/docker/library/postgres:17-alpine";

/** The console is a worker like any other: alike on both clouds, it gets address and password by its use, and goes when it is switched off. */
export function consoleService(worker: Omit<ServiceSpec, "image">): ServiceSpec {
  return {
    ...worker,
    image: consoleImage,
    command: ["sleep", "infinity"],
    cpu: 0.25,
    memoryMb: 512,
    scale: { ...worker.scale, min: 1, max: 1 },
    // The image's own user of that name; psql keeps a history in its home.
    user: 70,
    readOnlyRoot: false,
    env: {},
    uses: { database: "readWrite" },
  };
}

export function checkOperations({ draft, given }: Subject): Fault[] {
  const { exec, console } = draft.operations;
  if (!console) return [];
  const faults: Fault[] = [];
  const path = "operations.console";
  if (!exec) faults.push({ path, given: true, problem: "nobody could enter it", remedy: "pulumi config set --path operations.exec true" });
  if (!draft.database.enabled)
    faults.push({ path, given: true, problem: "there is no database that it could speak to", remedy: "set it to false" });
  if (given.services?.[consoleName] !== undefined)
    faults.push({
      path: `services.${consoleName}`,
      given: consoleName,
      problem: "the platform's own console has this name while operations.console is on",
      remedy: "rename it, or set operations.console to false",
    });
  return faults;
}
