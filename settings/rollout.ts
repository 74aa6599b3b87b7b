// Settings of rollouts: the candidate of a service, and how it takes over. Their schema, their defaults and their rules.
import { z } from "zod";
import type { Kind, ServiceSpec } from "../components/app-service/index";
import { type Candidate, candidateTrack, checkRollout as checkStages, type Strategy } from "../components/app-service/rollout";
import { type Fault, under } from "../components/fault";
import type { Environment } from "../components/stack";
import { pathText } from "./paths";
import type { Draft } from "./resolve";
import type { Subject } from "./rules";

const whole = (min: number, max: number) => z.int().min(min).max(max);

export const candidateSchema = (image: z.ZodType<string>) =>
  z.strictObject({
    image: image.optional().describe("The image that is brought in. It gets a preview at once, and visitors by `percent`."),
    percent: whole(0, 100)
      .optional()
      .describe(
        "Percent of the requests that the candidate gets. Default 0. `npm run deploy` walks it through `rollout.stages`; a new stack of Azure begins with 0.",
      ),
  });

export const rolloutSchema = z.strictObject({
  stages: z
    .array(
      z.strictObject({
        percent: whole(1, 100).describe("Percent of the requests that the candidate gets."),
        minutes: whole(0, 1440).describe("Minutes for which it is judged before the next stage."),
      }),
    )
    .min(1)
    .max(10)
    .optional()
    .describe("The stages of a canary, up to 100 percent. `blueGreen` has only the last of them."),
  keepHours: whole(0, 168).optional().describe("Hours for which the former image is kept as candidate without traffic."),
  limits: z
    .strictObject({
      errorPercent: whole(1, 100).optional().describe("Percent of the candidate's requests that may fail."),
      responseMs: whole(1, 60_000).optional().describe("Milliseconds within which 95 of 100 requests are answered."),
      minRequests: whole(0, 100_000).optional().describe("Fewer requests in a minute (Azure: in 5) are not judged."),
    })
    .optional()
    .describe("By what a candidate is judged; it is rolled back beyond them, or when it is unhealthy."),
});

/** E21: prod shifts traffic, the others replace in place. Workers and jobs have no traffic. */
export function usualDeployment(environment: Environment, kind: Kind): Strategy {
  return environment === "prod" && (kind === "web" || kind === "api") ? "canary" : "rolling";
}

/** A candidate runs the command that its image would run if it were the service's. */
export function candidateOf(
  stated: { readonly image?: string | undefined; readonly percent?: number | undefined } | undefined,
  commandOf: (image: string) => ServiceSpec["command"],
): Candidate | undefined {
  if (stated?.image === undefined) return undefined;
  return { image: stated.image, percent: stated.percent ?? 0, command: commandOf(stated.image) };
}

export function checkRollouts({ draft, given }: Subject): Fault[] {
  const incomplete = Object.entries(given.services ?? {}).flatMap(([name, { candidate }]): Fault[] => {
    if (candidate === undefined || candidate.image !== undefined) return [];
    return [
      {
        path: pathText(["services", name, "candidate", "image"]),
        problem: "is missing: there is no candidate to look at or to send requests to",
        remedy: "give the image, or remove candidate",
      },
    ];
  });
  return [...under("rollout", checkStages(draft.rollout)), ...incomplete, ...checkTrackNames(draft), ...checkVersionPaths(draft)];
}

/** Whether one of a service's routes leads a path to it. */
export function leadsTo(routes: readonly string[], path: string): boolean {
  return routes.some((route) => (route.endsWith("/*") ? path.startsWith(route.slice(0, -1)) : path === route));
}

/** Whether visitors of the platform's own host reach a service with whatever no other takes. */
export function takesAll({ internal, routes }: Pick<ServiceSpec, "internal" | "routes">): boolean {
  return !internal && routes.hosts.length === 0 && routes.paths.includes("/*");
}

/** A path that leads elsewhere would name another service's version. An internal service's is not asked from outside. */
function checkVersionPaths({ services, edge }: Draft): Fault[] {
  return Object.entries(services).flatMap(([name, { kind, versionPath, routes, internal }]): Fault[] => {
    if (versionPath === undefined) return [];
    const path = pathText(["services", name, "versionPath"]);
    if (kind === "worker" || kind === "job")
      return [
        { path, given: versionPath, problem: `a ${kind} answers no requests`, remedy: "remove it: the cloud's own word is compared" },
      ];
    if (internal || edge.direct || leadsTo(routes.paths, versionPath)) return [];
    return [
      {
        path,
        given: versionPath,
        problem: "no route of this service leads there, so another service would answer",
        remedy: `choose a path of its routes (${routes.paths.join(", ") || "it has none"}), or add a route`,
      },
    ];
  });
}

/** Names of a candidate's resources are the service's with one more word. */
function checkTrackNames({ services }: Draft): Fault[] {
  return Object.entries(services).flatMap(([name, { deployment }]): Fault[] => {
    const other = `${name}-${candidateTrack}`;
    if (deployment === "rolling" || !Object.hasOwn(services, other)) return [];
    return [
      {
        path: pathText(["services", other]),
        given: other,
        problem: `the name that a candidate of "${name}" has`,
        remedy: "rename it",
      },
    ];
  });
}
