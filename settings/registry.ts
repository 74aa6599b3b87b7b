// Rules of the registry (R1) and the flags (A8).
import { type Fault, under } from "../components/fault";
import { check as checkFlags } from "../components/flags/index";
import { repositoriesOf } from "../components/registry/index";
import type { Subject } from "./rules";

export function checkRegistry({ draft }: Subject): Fault[] {
  const faults = draft.flags.enabled ? under("flags", checkFlags(draft.flags)) : [];
  const containers = Object.values(draft.services).some(({ kind }) => kind === "worker" || kind === "job");
  const isPrivate =
    draft.cloud === "azure" && draft.environment === "prod" && repositoriesOf(draft.services, draft.registry.enabled).length > 0;
  if (isPrivate && !containers && !(draft.database.enabled && draft.database.logins?.enabled === true)) {
    faults.push({
      path: "registry",
      problem: "in prod Azure's registry is private, and a container job cleans it up, which needs a worker or job to run beside",
      remedy: "add one, or name another registry in the images",
    });
  }
  return faults;
}
