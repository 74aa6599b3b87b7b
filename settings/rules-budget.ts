// What of a budget is refused: rules across fields, and which services may follow it.
import { check } from "../components/budget/index";
import { type Fault, under } from "../components/fault";
import { planGroups } from "../components/hosting/index";
import type { Draft } from "./resolve";
import { nearest } from "./shape";

export function checkBudget({ budget, services, cloud }: Pick<Draft, "budget" | "services" | "cloud">): Fault[] {
  const faults = budget.enabled ? check(budget) : [];
  faults.push(
    ...budget.scaleDown.flatMap((name, index) => under(`scaleDown[${index}]`, checkLimited(name, index, { budget, services, cloud }))),
  );
  if (budget.activateTags && cloud === "azure") {
    faults.push({
      path: "activateTags",
      given: true,
      problem: "Azure counts resource groups: no tag needs activating",
      remedy: "remove budget.activateTags",
    });
  }
  return under("budget", faults);
}

/** Whether a service may be held at its least instances. Paths are those of the entry. */
function checkLimited(name: string, index: number, { budget, services, cloud }: Pick<Draft, "budget" | "services" | "cloud">): Fault[] {
  const fault = (problem: string, remedy: string): Fault[] => [{ path: "", given: name, problem, remedy }];
  const drop = "remove it from budget.scaleDown";
  const service = services[name];
  if (service === undefined) {
    const near = nearest(name, Object.keys(services));
    return fault("there is no such service", near === undefined ? drop : `did you mean "${near}"?`);
  }
  if (budget.scaleDown.indexOf(name) !== index) return fault("named twice", "name it once");
  if (!budget.enabled) return fault("there is no budget that it could follow (budget.enabled is false)", drop);
  const { kind, scale } = service;
  if (kind === "job") return fault("a job has no instances between its runs", `${drop}; a job without a schedule costs nothing`);
  if (kind === "worker" && cloud === "azure")
    return fault("a Container App keeps the limits of its scaling itself: who may set them may set its image too", drop);
  if (scale.min === scale.max)
    return fault(`it always has ${scale.min} instances`, `give it a services.${name}.scale.max above scale.min, or ${drop}`);
  if (scale.schedules.length > 0)
    return fault(
      "its schedules set the same limits, and would give back what the budget took",
      `remove services.${name}.scale.schedules, or ${drop}`,
    );
  const together = Object.values(planGroups(services)).find((members) => members.includes(name)) ?? [];
  const left = together.filter((member) => !budget.scaleDown.includes(member));
  if (cloud === "azure" && left.length > 0)
    return fault(
      `on Azure it shares its plan, and so its instances, with ${left.join(", ")}`,
      `name ${left.length === 1 ? "that one" : "those"} too, or give it a size or scale of its own`,
    );
  return [];
}
