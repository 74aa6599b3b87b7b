// Jobs of a deployment: when they are due, how one is waited for, and what the clouds' own clients make of recorded answers.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createHttpHeaders, type HttpClient, type PipelineRequest } from "@azure/core-rest-pipeline";
import { expect } from "chai";
import { jobsDue, leftAlone } from "../../automation/before";
import { azureCredential } from "../../automation/credentials-azure";
import type { Step } from "../../automation/gates";
import { connect } from "../../automation/cloud";
import { type Execution, type Job, type Jobs, type Look, runJob } from "../../automation/jobs";
import { awsJobs } from "../../automation/jobs-aws";
import { azureJobs } from "../../automation/jobs-azure";
import { Stop } from "../../automation/outcome";
import type { Settings } from "../../settings/load";
import { settings } from "../settings/support";

const none = { subnetIds: [], securityGroupIds: [] };
const migrate: Job = { name: "migrate", id: "migrate:2", hostId: "cluster", logs: "/platform/dev/migrate", ...none };
const stopOf = (run: Promise<unknown>): Promise<Stop> =>
  run.then(
    () => Promise.reject(new Error("it did not stop")),
    (error: unknown) => (error instanceof Stop ? error : Promise.reject(error instanceof Error ? error : new Error(String(error)))),
  );

describe("the run of a job", () => {
  const succeeded: Look = { running: false, succeeded: true, words: "exit code 0" };
  const failed: Look = { running: false, succeeded: false, words: "exit code 3" };
  const pending: Look = { running: true, words: "PENDING" };

  /** A cloud that gives these answers one after the other, and the last one for ever; an error is thrown. */
  function cloud(answers: { running?: Execution[][]; start?: (string | undefined | Error)[]; look?: (Look | Error)[] }) {
    const calls: string[] = [];
    const next = <T>(list: (T | Error)[]): Promise<T> => {
      const answer = list.length > 1 ? list.shift() : list[0];
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer as T);
    };
    const [running, start, look] = [answers.running ?? [[]], answers.start ?? ["new"], answers.look ?? [succeeded]];
    const jobs: Jobs = {
      running: () => next<Execution[]>(running),
      start: () => (calls.push("start"), next<string | undefined>(start)),
      look: (_, id) => (calls.push(`look ${id}`), next<Look>(look)),
      logs: (_, id) => `read ${id}`,
    };
    let time = 0;
    const said: string[] = [];
    const abort = new AbortController();
    const world = {
      say: (line: string) => void said.push(line),
      sleep: (seconds: number) => ((time += seconds * 1000), Promise.resolve()),
      now: () => time,
      signal: abort.signal,
    };
    return { calls, said, abort, run: () => runJob(jobs, migrate, 60, world), seconds: () => time / 1000 };
  }

  it("starts it, waits, and takes exit code 0 for success", async () => {
    const { run, calls, said } = cloud({ look: [pending, pending, succeeded] });
    await run();
    expect(calls).to.deep.equal(["start", "look new", "look new", "look new"]);
    expect(said).to.deep.equal(["job migrate: started new", "job migrate: PENDING (0 s)", "job migrate: succeeded"]);
  });

  it("ends the deployment with what the cloud says and where its output is", async () => {
    const stop = await stopOf(cloud({ look: [failed] }).run());
    expect([stop.kind, stop.message, stop.remedy]).to.deep.equal([
      "deployment",
      "the job migrate failed: exit code 3",
      "its output: read new",
    ]);
  });

  it("waits for what a killed run left running instead of starting it twice", async () => {
    const { run, calls } = cloud({ running: [[{ id: "left", current: true }]], look: [pending, succeeded] });
    await run();
    expect(calls).to.deep.equal(["look left", "look left"]);
    expect((await stopOf(cloud({ running: [[{ id: "left", current: true }]], look: [failed] }).run())).remedy).to.include("read left");
  });

  it("lets a run of the former image end, however it ends, and starts the new one then", async () => {
    const { run, calls } = cloud({ running: [[{ id: "old", current: false }]], look: [failed, succeeded] });
    await run();
    expect(calls).to.deep.equal(["look old", "start", "look new"]);
  });

  it("stops at its limit, leaves it running and says so", async () => {
    const { run, seconds } = cloud({ look: [pending] });
    const stop = await stopOf(run());
    expect([stop.kind, seconds()]).to.deep.equal(["deployment", 60]);
    expect(stop.message).to.equal("the job migrate has not ended within 60 s; it was left running, and the next run waits for it");
    expect(stop.remedy).to.include("read new").and.include("--job-timeout");
  });

  it("asks again when the cloud has no room, up to the limit", async () => {
    const { run, calls } = cloud({ start: [undefined, undefined, "new"] });
    await run();
    expect(calls.filter((call) => call === "start")).to.have.length(3);
    expect((await stopOf(cloud({ start: [undefined] }).run())).message).to.include("could not be started within 60 s");
  });

  it("takes the run of a start whose answer was lost", async () => {
    const { run, calls } = cloud({ start: [new Error("connection reset")], running: [[], [{ id: "lost", current: true }]] });
    await run();
    expect(calls).to.deep.equal(["start", "look lost"]);
    const stop = await stopOf(cloud({ start: [new Error("AccessDenied")] }).run());
    expect(stop.message).to.equal("the job migrate could not be started: AccessDenied");
  });

  it("bears a few failed looks, not many in a row", async () => {
    const broken = new Error("503");
    await cloud({ look: [broken, broken, broken, broken, pending, broken, succeeded] }).run();
    expect((await stopOf(cloud({ look: [broken] }).run())).message).to.equal("nobody knows how the job migrate goes on: 503");
  });

  it("ends with the signal", async () => {
    const { run, abort } = cloud({ look: [pending] });
    abort.abort();
    expect((await stopOf(run())).kind).to.equal("cancelled");
  });
});

describe("the jobs that are due", () => {
  const urn = (type: string, name: string): string => `urn:pulumi:dev::platform::${type}::${name}`;
  const service = (name: string): string => urn("platform:index:AppService", name);
  const step = (op: Step["op"], type: string, name: string, parent = ""): Step => ({
    ...{ op, type, name, parent },
    ...{ urn: urn(type, name), protect: false, because: [] },
  });
  const update = step("update", "aws:ecs/service:Service", "api", service("api"));
  const job = { kind: "job", image: "example.org/team/migrate:1", uses: { database: "own" } };
  const stated = (more: Record<string, unknown> = {}, made?: number): Settings =>
    settings({
      config: { services: { migrate: job }, deploy: { before: ["migrate"] }, database: { logins: { enabled: true, made } }, ...more },
    });

  it("are those of deploy.before when something changes, or when the last run ended before them", () => {
    expect(jobsDue(stated({}, 1), [update], false)).to.deep.equal(["migrate"]);
    expect(jobsDue(stated({}, 1), [step("same", "t", "x"), step("read", "t", "y")], false)).to.deep.equal([]);
    expect(jobsDue(stated({}, 1), [], true)).to.deep.equal(["database-roles", "migrate"]);
    expect(jobsDue(settings(), [update], true)).to.deep.equal([]);
  });

  it("begin with the logins, until the epoch's are made and whenever their script changes", () => {
    expect(jobsDue(stated(), [], false)).to.deep.equal(["database-roles"]);
    expect(jobsDue(stated({ rotationEpoch: 2 }, 1), [update], false)).to.deep.equal(["database-roles", "migrate"]);
    const script = step("create-replacement", "aws:ecs/taskDefinition:TaskDefinition", "t", service("database-roles"));
    expect(jobsDue(stated({}, 1), [script], false)).to.deep.equal(["database-roles", "migrate"]);
    expect(jobsDue(stated({ deploy: { before: ["migrate", "database-roles"] } }), [update], false)).to.deep.equal([
      "migrate",
      "database-roles",
    ]);
    expect(jobsDue(stated({ database: { logins: { enabled: false } } }), [update], true)).to.deep.equal(["migrate"]);
  });

  it("leave the other services alone, what looks at them, and what goes away or is replaced", () => {
    const others = [step("same", "platform:index:AppService", "api"), step("create", "platform:index:Alarms", "alarms")];
    const going = [step("delete", "aws:sqs/queue:Queue", "old"), step("create-replacement", "aws:ec2/subnet:Subnet", "app-1")];
    const kept = [
      step("update", "platform:index:AppService", "migrate"),
      step("update", "aws:rds/instance:Instance", "database"),
      step("create-replacement", "aws:ecs/taskDefinition:TaskDefinition", "api-task", service("api")),
      step("replace", "azure-native:app:Job", "migrate-job", service("migrate")),
    ];
    expect([...leftAlone([...others, ...kept, ...going], ["migrate"])]).to.deep.equal([...others, ...going].map(({ urn }) => urn));
  });
});

describe("jobs on AWS", () => {
  const region = "eu-central-1";
  const arn = (what: string): string => `arn:aws:ecs:${region}:123456789012:${what}`;
  const job: Job = {
    name: "migrate",
    id: arn("task-definition/platform-prod-migrate:7"),
    hostId: arn("cluster/platform-prod-hosting"),
    subnetIds: ["subnet-1", "subnet-2"],
    securityGroupIds: ["sg-1"],
    logs: "/platform/prod/migrate",
  };
  const task = arn("task/platform-prod-hosting/0123456789abcdef0123456789abcdef");
  let server: Server;
  let answers: { readonly status?: number; readonly body: object }[] = [];
  let asked: { readonly action: string; readonly body: Record<string, unknown> }[] = [];
  before((done) => {
    server = createServer((request, response) => {
      let text = "";
      request.on("data", (part: Buffer) => (text += part.toString()));
      request.on("end", () => {
        const action = String(request.headers["x-amz-target"]).split(".").at(-1) ?? "";
        asked.push({ action, body: JSON.parse(text) as Record<string, unknown> });
        const { status = 200, body } = answers.shift() ?? { status: 500, body: {} };
        response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(body));
      });
    }).listen(0, "127.0.0.1", done);
  });
  after(() => void server.close());

  function given(...recorded: typeof answers): Jobs {
    [answers, asked] = [recorded, []];
    const { port } = server.address() as AddressInfo;
    const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "example" };
    return awsJobs({ startedBy: "deploy/prod", client: { endpoint: `http://127.0.0.1:${port}`, credentials } });
  }
  const described = (more: object) => ({ body: { tasks: [{ taskArn: task, taskDefinitionArn: job.id, ...more }], failures: [] } });

  it("start one task in the job's subnets and firewall, told by whom, never twice by one call", async () => {
    // Throttled at first: the SDK asks again, with the same token.
    const throttled = { status: 400, body: { __type: "ThrottlingException", message: "Rate exceeded" } };
    const started = { body: { tasks: [{ taskArn: task, lastStatus: "PROVISIONING" }], failures: [] } };
    expect(await given(throttled, started).start(job)).to.equal(task);
    expect(asked.map(({ action }) => action)).to.deep.equal(["RunTask", "RunTask"]);
    const [{ body: first }, { body: second }] = asked as [(typeof asked)[0], (typeof asked)[0]];
    expect(second).to.deep.equal(first);
    expect(first.clientToken).to.match(/^[0-9a-f-]{36}$/);
    expect(first).to.deep.include({
      cluster: job.hostId,
      taskDefinition: job.id,
      count: 1,
      launchType: "FARGATE",
      startedBy: "deploy/prod",
      enableECSManagedTags: true,
      propagateTags: "TASK_DEFINITION",
      networkConfiguration: {
        awsvpcConfiguration: { subnets: ["subnet-1", "subnet-2"], securityGroups: ["sg-1"], assignPublicIp: "DISABLED" },
      },
    });
  });

  it("wait for room, and pass on any other reason", async () => {
    const reason = "Capacity is unavailable at this time. Please try again later or in a different availability zone";
    expect(await given({ body: { tasks: [], failures: [{ reason }] } }).start(job)).to.equal(undefined);
    const error = await given({ body: { tasks: [], failures: [{ reason: "MISSING", detail: "cluster" }] } })
      .start(job)
      .catch(String);
    expect(error).to.include("ECS started no task: MISSING: cluster");
    const denied = { status: 400, body: { __type: "AccessDeniedException", message: "not authorized to perform: ecs:RunTask" } };
    expect(await given(denied).start(job).catch(String)).to.include("not authorized to perform: ecs:RunTask");
  });

  it("find what runs of the family, of this revision or another", async () => {
    const other = { taskArn: `${task}2`, taskDefinitionArn: arn("task-definition/platform-prod-migrate:6"), lastStatus: "PENDING" };
    const ended = { taskArn: `${task}3`, taskDefinitionArn: job.id, lastStatus: "STOPPED" };
    const pages = [{ body: { taskArns: [task], nextToken: "more" } }, { body: { taskArns: [`${task}2`, `${task}3`] } }];
    const all = { body: { tasks: [{ taskArn: task, taskDefinitionArn: job.id, lastStatus: "RUNNING" }, other, ended] } };
    expect(await given(...pages, all).running(job)).to.deep.equal([
      { id: task, current: true },
      { id: `${task}2`, current: false },
    ]);
    expect(asked[0]?.body).to.deep.equal({ cluster: job.hostId, family: "platform-prod-migrate", desiredStatus: "RUNNING" });
    expect(asked[1]?.body).to.include({ nextToken: "more" });
    expect(asked[2]?.body).to.deep.equal({ cluster: job.hostId, tasks: [task, `${task}2`, `${task}3`] });
    expect(await given({ body: { taskArns: [] } }).running(job)).to.deep.equal([]);
  });

  it("end as the job's own container ends", async () => {
    const container = (more: object) => ({
      containers: [
        { name: "sidecar", exitCode: 0 },
        { name: "migrate", ...more },
      ],
    });
    const look = (more: object): Promise<Look> => given(described(more)).look(job, task);
    expect(await look({ lastStatus: "RUNNING", ...container({}) })).to.deep.equal({ running: true, words: "RUNNING" });
    const stopped = { lastStatus: "STOPPED", stopCode: "EssentialContainerExited", stoppedReason: "Essential container in task exited" };
    expect(await look({ ...stopped, ...container({ exitCode: 0 }) })).to.deep.equal({
      ...{ running: false, succeeded: true },
      words: "exit code 0",
    });
    expect(await look({ ...stopped, ...container({ exitCode: 137, reason: "OutOfMemoryError" }) })).to.deep.equal({
      ...{ running: false, succeeded: false },
      words: "exit code 137: Essential container in task exited; OutOfMemoryError",
    });
    const unpulled = { lastStatus: "STOPPED", stopCode: "TaskFailedToStart", stoppedReason: "CannotPullContainerError: not found" };
    expect(await look({ ...unpulled, ...container({}) })).to.deep.equal({
      ...{ running: false, succeeded: false },
      words: "it did not run (TaskFailedToStart): CannotPullContainerError: not found",
    });
    const missing = given({ body: { tasks: [], failures: [{ arn: task, reason: "MISSING" }] } });
    expect(await missing.look(job, task).catch(String)).to.include("MISSING");
  });

  it("have their output in a stream of the job's group", () => {
    expect(given().logs(job, task)).to.equal(
      `aws logs tail /platform/prod/migrate --region ${region} --log-stream-names migrate/migrate/0123456789abcdef0123456789abcdef --since 3h`,
    );
  });
});

describe("jobs on Azure", () => {
  const subscription = "00000000-1111-4222-8333-444444444444";
  const id = `/subscriptions/${subscription}/resourceGroups/rg-platform-prod/providers/Microsoft.App/jobs/cj-platform-prod-migrate`;
  const job: Job = { name: "migrate", id, hostId: "environment", logs: "workspace", ...none };
  const credential = { getToken: () => Promise.resolve({ token: "t", expiresOnTimestamp: Date.now() + 3_600_000 }) };
  let asked: string[] = [];

  type Recorded = { readonly status?: number; readonly body?: object; readonly headers?: Record<string, string> };
  function given(...recorded: Recorded[]): Jobs {
    asked = [];
    const httpClient: HttpClient = {
      sendRequest(request: PipelineRequest) {
        asked.push(`${request.method} ${decodeURIComponent(new URL(request.url).pathname)}`);
        const { status = 200, body, headers = {} } = recorded.shift() ?? { status: 500 };
        const bodyAsText = body === undefined ? "" : JSON.stringify(body);
        return Promise.resolve({
          request,
          status,
          headers: createHttpHeaders({ "content-type": "application/json", ...headers }),
          bodyAsText,
        });
      },
    };
    const retryOptions = { maxRetries: 2, retryDelayInMs: 1, maxRetryDelayInMs: 2 };
    return azureJobs({ credential, client: { httpClient, retryOptions }, updateIntervalInMs: 1 });
  }

  it("start the job by its id, throttled or not, and follow an accepted start to its execution", async () => {
    const throttled = { status: 429, headers: { "retry-after-ms": "1" }, body: { error: { code: "TooManyRequests" } } };
    expect(await given(throttled, { body: { name: "migrate-abc", id: `${id}/executions/migrate-abc` } }).start(job)).to.equal(
      "migrate-abc",
    );
    expect(asked).to.deep.equal([`POST ${id}/start`, `POST ${id}/start`]);
    const location = `https://management.azure.com/subscriptions/${subscription}/providers/Microsoft.App/locations/eastus2/operations/1`;
    const jobs = given({ status: 202, headers: { location } }, { status: 202, headers: { location } }, { body: { name: "migrate-def" } });
    expect(await jobs.start(job)).to.equal("migrate-def");
    expect(asked.at(-1)).to.include("GET ").and.include("/operations/1");
  });

  it("pass on what Azure refuses", async () => {
    const refused = {
      status: 403,
      body: { error: { code: "AuthorizationFailed", message: "no right to Microsoft.App/jobs/start/action" } },
    };
    expect(await given(refused).start(job).catch(String)).to.include("Microsoft.App/jobs/start/action");
    expect(await given().look(job, "x").catch(String)).to.include("Error");
  });

  it("find what runs, of what the job is now or was before", async () => {
    const containers = (version: number) => [
      {
        name: "migrate",
        image: `example.org/team/migrate:${version}`,
        env: [
          { name: "B", secretRef: "b" },
          { name: "A", value: "1" },
        ],
      },
    ];
    const execution = (name: string, status: string, version: number) => ({
      name,
      properties: { status, template: { containers: containers(version) } },
    });
    const list = {
      body: { value: [execution("new", "Running", 2), execution("old", "Processing", 1), execution("done", "Succeeded", 2)] },
    };
    const [container] = containers(2);
    const now = { body: { properties: { template: { containers: [{ ...container, env: [...container!.env].reverse(), probes: [] }] } } } };
    expect(await given(list, now).running(job)).to.deep.equal([
      { id: "new", current: true },
      { id: "old", current: false },
    ]);
    expect(asked).to.deep.equal([`GET ${id}/executions`, `GET ${id}`]);
    expect(await given({ body: { value: [execution("done", "Failed", 2)] } }).running(job)).to.deep.equal([]);
  });

  it("end as the execution ends", async () => {
    const look = (status: string): Promise<Look> => given({ body: { name: "e", properties: { status } } }).look(job, "e");
    for (const status of ["Running", "Processing", "Unknown"]) expect(await look(status)).to.deep.equal({ running: true, words: status });
    expect(await look("Succeeded")).to.deep.equal({ running: false, succeeded: true, words: "Succeeded" });
    for (const status of ["Failed", "Stopped", "Degraded"])
      expect(await look(status)).to.deep.equal({ running: false, succeeded: false, words: `${status}, so not exit code 0` });
    expect(asked).to.deep.equal([`GET ${id}/executions/e`]);
  });

  it("have their output by Azure's command line", () => {
    expect(given().logs(job, "migrate-abc")).to.equal(
      `az containerapp job logs show --subscription ${subscription} --resource-group rg-platform-prod --name cj-platform-prod-migrate --execution migrate-abc --container migrate`,
    );
    expect(() => given().logs({ ...job, id: "/subscriptions/x" }, "e")).to.throw("not the id of a Container Apps job");
  });

  it("log in as the provider does", () => {
    const kind = (env: Record<string, string>): string => azureCredential(env).constructor.name;
    const who = { ARM_TENANT_ID: subscription, ARM_CLIENT_ID: subscription };
    expect(kind({ ...who, ARM_CLIENT_SECRET: "s" })).to.equal("ClientSecretCredential");
    expect(kind({ ...who, ARM_USE_OIDC: "true", ARM_CLIENT_SECRET: "s" })).to.equal("ClientAssertionCredential");
    expect(kind({ ARM_USE_MSI: "true" })).to.equal("ManagedIdentityCredential");
    expect(kind({})).to.equal("DefaultAzureCredential");
  });
});

it("the clouds' clients are loaded by name", async () => {
  for (const cloud of ["aws", "azure"] as const)
    expect((await connect(cloud, "us-east-1")).jobs("dev")).to.include.keys("running", "start", "look", "logs");
});
