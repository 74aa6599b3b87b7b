// Rules of single services and of their names: image, kind, times, hosts, routes.
import { check as checkService, type ServiceSpec } from "../components/app-service/index";
import { type Fault, under } from "../components/fault";
import { isCrowded, mostCounted, planGroups } from "../components/hosting/index";
import { checkImage } from "../components/registry/index";
import { envName } from "../components/use";
import { rolesJobName } from "../jobs/roles/job";
import { checkCron, checkTimezone } from "./cron";
import { pathText, setCommand } from "./paths";
import type { Draft } from "./resolve";
import type { Subject } from "./rules";
import { checkCircles, checkEnvironment, checkUses, served } from "./rules-connections";

/** Components of the platform that are always there under these names. */
const platformNames = [
  "network",
  "logs",
  "monitoring",
  "secrets",
  "gateway",
  "database",
  "cache",
  "broker",
  "hosting",
  "files",
  "cloud",
  "alerts",
  "rotation",
  "registry",
  "flags",
  rolesJobName,
  "edge",
  "alarms",
  "dashboards",
  "probe",
];

/** Queues, topics, buckets and services share one namespace with the platform's own parts: names of resources and of variables derive from it. */
export function checkNames({ draft }: Subject): Fault[] {
  const named = [
    ...Object.keys(draft.queues).map((name) => ["queues", name] as const),
    ...Object.keys(draft.topics).map((name) => ["topics", name] as const),
    ...Object.keys(draft.storage.buckets).map((name) => ["storage.buckets", name] as const),
    ...Object.keys(draft.services).map((name) => ["services", name] as const),
    ...Object.keys(draft.sites).map((name) => ["services", name] as const),
  ];
  const seen = new Map<string, string>(platformNames.map((name) => [envName(name, ""), `the platform's own "${name}"`]));
  return named.flatMap(([key, name]) => {
    const path = pathText([...key.split("."), name]);
    const before = seen.get(envName(name, ""));
    seen.set(envName(name, ""), path);
    return before === undefined
      ? []
      : [
          {
            path,
            given: name,
            problem: `the same name as ${before}: queues, topics, buckets, services and the platform's parts share one list of names`,
            remedy: "rename it",
          },
        ];
  });
}

export function checkServices({ draft, limits, given }: Subject): Fault[] {
  const faults = Object.entries(draft.services).flatMap(([name, spec]) =>
    under(pathText(["services", name]), [
      ...checkService(spec, limits),
      ...checkImage(spec.image),
      ...(spec.candidate === undefined ? [] : under("candidate", checkImage(spec.candidate.image))),
      ...checkKind(spec, given.services?.[name]),
      ...checkTimes(spec),
      ...checkUses(name, spec, draft),
      ...checkEnvironment(spec, draft, new Set(Object.keys(given.services?.[name]?.secrets ?? {}))),
      ...checkHosts(spec, given.domain?.name),
    ]),
  );
  if (!Object.values(draft.services).some(served)) {
    faults.push({
      path: "services",
      problem: "no web or api service: the gateway would lead nowhere",
      remedy: "keep one, or add one with a route",
    });
  }
  return [...faults, ...checkRates(draft, given), ...checkPlans(draft, given), ...checkRoutes(draft), ...checkCircles(draft)];
}

/** Plans of Azure with more services than a profile of scaling has rules for: those scale together, by the requests of each. */
function crowded({ cloud, services }: Draft): (readonly string[])[] {
  if (cloud !== "azure") return [];
  return Object.values(planGroups(services)).filter((members) => {
    const [first] = members.flatMap((name) => services[name] ?? []);
    return first !== undefined && isCrowded(first.scale, members);
  });
}

/** Where only the preset asks for it, nothing is counted on such a plan, and the plan says so. */
export function warningsOfPlans(draft: Draft): string[] {
  return crowded(draft).map(
    (members) => `on Azure ${members.join(", ")} have one size and scale, too many to scale by the requests of each: CPU and memory decide`,
  );
}

function checkPlans(draft: Draft, given: Subject["given"]): Fault[] {
  const { services } = draft;
  return crowded(draft).flatMap((members): Fault[] => {
    const over = members.findLast((name) => given.services?.[name]?.scale?.requestsPerSecond !== undefined);
    if (over === undefined) return [];
    return [
      {
        path: pathText(["services", over, "scale", "requestsPerSecond"]),
        given: services[over]?.scale.requestsPerSecond,
        problem: `on Azure ${members.join(", ")} have one size and scale, so they scale together, and by the requests of at most ${mostCounted}`,
        remedy: "give one of them another size or scale",
      },
    ];
  });
}

/** The firewall counts requests: what it does not see has no limit. */
function checkRates({ services, edge }: Draft, given: Subject["given"]): Fault[] {
  const none = edge.direct
    ? ["there is no gateway that counts requests (edge.direct)", setCommand(["edge", "direct"], "false")]
    : edge.waf
      ? undefined
      : ["edge.waf is off: nothing counts requests", setCommand(["edge", "waf"], "true")];
  const rates = [
    [["edge", "rateLimit"], given.edge?.rateLimit, false] as const,
    ...Object.entries(services).flatMap(([name, spec]) =>
      served(spec) ? [[["services", name, "rateLimit"], spec.rateLimit, spec.internal] as const] : [],
    ),
  ];
  return rates.flatMap(([path, rate, internal]): Fault[] => {
    const [problem, remedy] = internal ? ["an internal service is behind no firewall"] : (none ?? []);
    if (rate === undefined || problem === undefined) return [];
    return [{ path: pathText(path), given: rate, problem, remedy: remedy === undefined ? "remove it" : `${remedy}, or remove it` }];
  });
}

/** What only web and api have, and what they need. */
function checkKind(spec: ServiceSpec, stated: NonNullable<Subject["given"]["services"]>[string] | undefined): Fault[] {
  if (served(spec)) {
    return spec.routes.paths.length > 0
      ? []
      : [
          {
            path: "routes.paths",
            given: [],
            problem: `no path leads to this ${spec.kind} service`,
            remedy: 'give it one, such as ["/*"] or ["/reports/*"]',
          },
        ];
  }
  const asked = [
    ["routes.paths", spec.routes.paths.length > 0, spec.routes.paths],
    ["routes.hosts", spec.routes.hosts.length > 0, spec.routes.hosts],
    ["internal", spec.internal, true],
    ["cors", spec.cors.length > 0, spec.cors],
    ["rateLimit", spec.rateLimit !== undefined, spec.rateLimit],
    // Every service has these by default: only what the stack states is a mistake.
    ...(["port", "healthPath", "readyPath"] as const).map((key) => [key, stated?.[key] !== undefined, stated?.[key]] as const),
    ...(spec.kind === "job" ? (["min", "max", "cpuAbove", "cpuBelow", "memoryAbove", "step"] as const) : []).map(
      (key) => [`scale.${key}`, stated?.scale?.[key] !== undefined, stated?.scale?.[key]] as const,
    ),
    ["scale.schedules", spec.kind === "job" && spec.scale.schedules.length > 0, spec.scale.schedules.map(({ name }) => name)],
  ] as const;
  return asked.flatMap(([path, set, value]) =>
    set
      ? [
          {
            path,
            given: value,
            problem: `a ${spec.kind} ${path.startsWith("scale.") ? "runs by its own schedule, in one instance" : "gets no requests"}`,
            remedy: "remove it",
          },
        ]
      : [],
  );
}

function checkTimes(spec: ServiceSpec): Fault[] {
  const names = new Set<string>();
  return [
    ...(spec.schedule === undefined ? [] : under("schedule", checkCron(spec.schedule))),
    ...spec.scale.schedules.flatMap((schedule, index) => {
      const faults = [...under("cron", checkCron(schedule.cron)), ...under("timezone", checkTimezone(schedule.timezone))];
      if (schedule.min > schedule.max)
        faults.push({
          path: "min",
          given: schedule.min,
          problem: `greater than max, which is ${schedule.max}`,
          remedy: "set min to at most max",
        });
      if (served(spec) && schedule.min < 1)
        faults.push({
          path: "min",
          given: schedule.min,
          problem: `a ${spec.kind} service has at least one instance`,
          remedy: "set min to 1 or more",
        });
      if (names.has(schedule.name))
        faults.push({ path: "name", given: schedule.name, problem: "two schedules have this name", remedy: "rename one of them" });
      names.add(schedule.name);
      return under(`scale.schedules[${index}]`, faults);
    }),
  ];
}

/** The certificate covers the domain's name and one label below it. */
function checkHosts({ routes }: ServiceSpec, domain: string | undefined): Fault[] {
  if (domain === undefined) return [];
  return routes.hosts.flatMap((host, index) =>
    host === domain || host.slice(host.indexOf(".") + 1) === domain
      ? []
      : [
          {
            path: `routes.hosts[${index}]`,
            given: host,
            problem: `the certificate covers ${domain} and *.${domain}`,
            remedy: `choose a name of that form, such as api.${domain}`,
          },
        ],
  );
}

/** One path of one host leads to one service. Internal services have a listener of their own. */
function checkRoutes({ services }: Draft): Fault[] {
  const taken = new Map<string, string>();
  return Object.entries(services).flatMap(([name, spec]) => {
    const hosts = spec.routes.hosts.length === 0 ? ["every host"] : spec.routes.hosts;
    return spec.routes.paths.flatMap((path, index): Fault[] => {
      const fault: Fault[] = [];
      for (const host of hosts) {
        const key = `${spec.internal ? "inside" : "outside"} ${host} ${path}`;
        const before = taken.get(key);
        if (before !== undefined && fault.length === 0) {
          fault.push({
            path: pathText(["services", name, "routes", "paths", index]),
            given: path,
            problem: `leads to "${before}" already (${host})`,
            remedy: "choose another path or host for one of the two",
          });
        }
        taken.set(key, before ?? name);
      }
      return fault;
    });
  });
}
