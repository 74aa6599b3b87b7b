import { output, Output } from "@pulumi/pulumi";
import { expect } from "chai";
import type { AppServiceArgs, ServiceSpec } from "../../components/app-service/index";
import { privateRepository } from "../../components/app-service/aws-image";
import { SecretRef } from "../../components/cloud";
import type { Aws } from "../../components/clouds/aws/family";
import { ConfigError } from "../../components/fault";
import { Use } from "../../components/use";
import { awsTags, documentOf, waitsFor } from "../support/aws-parts";
import { classesIn, gateway, type Ground, ground, hosting, route, service, serviceSpec } from "../support/aws-platform";
import { ofType, only, record, type Recorded, recordKnown } from "../support/record";

const types = {
  group: "aws:ec2/securityGroup:SecurityGroup",
  egress: "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
  ingress: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
  targets: "aws:lb/targetGroup:TargetGroup",
  rule: "aws:lb/listenerRule:ListenerRule",
  service: "aws:ecs/service:Service",
  task: "aws:ecs/taskDefinition:TaskDefinition",
  role: "aws:iam/role:Role",
  policy: "aws:iam/rolePolicy:RolePolicy",
  schedule: "aws:scheduler/schedule:Schedule",
  name: "aws:servicediscovery/service:Service",
};
const tags = awsTags("api");

/** A service called `api` behind a gateway. */
function made(overrides: Partial<ServiceSpec> = {}, args: Partial<AppServiceArgs<Aws>> = {}): Promise<Recorded[]> {
  return recordKnown(() => void alone(ground(), overrides, args));
}

function alone(on: Ground, overrides: Partial<ServiceSpec> = {}, args: Partial<AppServiceArgs<Aws>> = {}): ReturnType<typeof service> {
  const spec = serviceSpec(overrides);
  const place = gateway(on, {
    routes: [route("api", { paths: spec.routes.paths, hosts: spec.routes.hosts, internal: spec.internal })],
  }).place("api");
  return service(on, "api", spec, { place, ...args });
}

function worker(overrides: Partial<ServiceSpec> = {}, args: Partial<AppServiceArgs<Aws>> = {}): Promise<Recorded[]> {
  return recordKnown(() => void service(ground(), "api", serviceSpec({ kind: "worker", ...overrides }), args));
}

interface Container {
  readonly environment: unknown;
  readonly secrets: unknown;
}

function container(resources: readonly Recorded[]): Container {
  return (documentOf(only(resources, types.task), "containerDefinitions") as [Container])[0];
}

function statements(resources: readonly Recorded[], policy: string): unknown {
  return (documentOf(only(resources, types.policy, policy), "policy") as { readonly Statement: unknown }).Statement;
}

/** What a thing used would bring: a server, a permission and a secret. */
function use(target: string, group: Output<string>, more: Partial<Aws["grant"]> = {}): Use<Aws> {
  const raw = { server: { groupId: group, port: 5432 }, statements: [], backlog: undefined, ...more };
  return new Use<Aws>({
    target,
    noun: "database",
    access: "readWrite",
    env: { [`${target.toUpperCase()}_HOST`]: `${target}.internal` },
    raw,
  });
}

function secret(name: string): SecretRef<Aws> {
  const arn = `arn:aws:secretsmanager:us-east-1:123456789012:secret:${name}`;
  return new SecretRef<Aws>({ arn: output(arn), valueFrom: output(`${arn}:::1`), keyArn });
}
const keyArn = output("arn:aws:kms:us-east-1:123456789012:key/1");

describe("a web or api service on AWS", () => {
  it("is a service behind the balancer, with rules and roles of its own", async () => {
    expect(classesIn(await made(), "api")).to.deep.equal([
      "ListenerRule api-rule",
      "LogGroup api-logs",
      "Role platform-test-api-execution",
      "Role platform-test-api-task",
      "RolePolicy api-execution",
      "SecurityGroup platform-test-api",
      "SecurityGroupEgressRule api-egress",
      "SecurityGroupEgressRule api-from-balancer",
      "SecurityGroupIngressRule api-from-balancer",
      "Service platform-test-api",
      "TargetGroup platform-test-api",
      "TaskDefinition api-task",
    ]);
  });

  it("is reached from the balancer only, and reaches TLS", async () => {
    const resources = await made({ port: 8080 });
    expect(only(resources, types.group, "platform-test-api").inputs).to.deep.equal({ description: "Service api", tags, vpcId: "vpc-id" });
    expect(only(resources, types.egress, "api-egress").inputs).to.deep.equal({
      securityGroupId: "platform-test-api-id",
      description: "TLS to anywhere",
      ipProtocol: "tcp",
      fromPort: 443,
      toPort: 443,
      cidrIpv4: "0.0.0.0/0",
      tags,
    });
    const rule = { description: "api-from-balancer", ipProtocol: "tcp", fromPort: 8080, toPort: 8080, tags };
    expect(only(resources, types.ingress, "api-from-balancer").inputs).to.deep.equal({
      ...rule,
      securityGroupId: "platform-test-api-id",
      referencedSecurityGroupId: "platform-test-gateway-id",
    });
    expect(only(resources, types.egress, "api-from-balancer").inputs).to.deep.equal({
      ...rule,
      securityGroupId: "platform-test-gateway-id",
      referencedSecurityGroupId: "platform-test-api-id",
    });
  });

  it("is probed every 30 s, and drained for 30 s", async () => {
    expect(only(await made({ readyPath: "/up", port: 8080 }), types.targets).inputs).to.deep.equal({
      vpcId: "vpc-id",
      targetType: "ip",
      protocol: "HTTP",
      protocolVersion: "HTTP1",
      port: 8080,
      deregistrationDelay: 30,
      loadBalancingAlgorithmType: "least_outstanding_requests",
      healthCheck: {
        enabled: true,
        protocol: "HTTP",
        path: "/up",
        matcher: "200",
        interval: 30,
        timeout: 5,
        healthyThreshold: 2,
        unhealthyThreshold: 3,
      },
      tags,
    });
  });

  it("has a listener rule for each path of each host", async () => {
    const rules = ofType(await made({ routes: { paths: ["/api/*", "/v1"], hosts: ["api.example.com"] } }), types.rule);
    const actions = [
      {
        type: "forward",
        forward: { targetGroups: [{ arn: "platform-test-api_arn", weight: 1 }], stickiness: { enabled: false, duration: 1 } },
      },
    ];
    const conditions = (path: string): unknown => [{ hostHeader: { values: ["api.example.com"] } }, { pathPattern: { values: [path] } }];
    expect(rules.map(({ name }) => name)).to.deep.equal(["api-rule-api-example-com-api-b2f0bf94", "api-rule-api-example-com-v1-d9c7c5d0"]);
    expect(rules[0]?.inputs).to.deep.equal({
      listenerArn: "gateway-http_arn",
      priority: rules[0]?.inputs.priority,
      conditions: conditions("/api/*"),
      actions,
      tags,
    });
    expect(rules[1]?.inputs.conditions).to.deep.equal(conditions("/v1"));
    expect(rules[1]?.inputs.priority).to.be.a("number");
  });

  it("is rolled out by new tasks first, and rolled back by itself", async () => {
    const created = only(await made(), types.service);
    expect(created.inputs).to.deep.equal({
      cluster: "hosting-cluster_arn",
      taskDefinition: "api-task_arn",
      desiredCount: 2,
      capacityProviderStrategies: [{ capacityProvider: "FARGATE", weight: 1 }],
      networkConfiguration: { subnets: ["app-1-id", "app-2-id"], securityGroups: ["platform-test-api-id"], assignPublicIp: false },
      healthCheckGracePeriodSeconds: 60,
      loadBalancers: [{ targetGroupArn: "platform-test-api_arn", containerName: "api", containerPort: 3000 }],
      deploymentMinimumHealthyPercent: 100,
      deploymentMaximumPercent: 200,
      deploymentCircuitBreaker: { enable: true, rollback: true },
      availabilityZoneRebalancing: "ENABLED",
      enableExecuteCommand: false,
      enableEcsManagedTags: true,
      propagateTags: "SERVICE",
      waitForSteadyState: true,
      tags,
    });
    expect(created.options.customTimeouts).to.include({ create: "15m", update: "20m" });
    expect(Object.values(created.options.customTimeouts)).to.have.members(["15m", "20m", "20m"]);
    expect(created.options.ignoreChanges).to.deep.equal([]);
  });

  it("waits for what its tasks need, and for nothing more", async () => {
    const waits = waitsFor(only(await made(), types.service));
    expect(waits).to.include.members([
      "hosting-capacity",
      "network-app-1",
      "network-app-2",
      "api-execution",
      "api-rule",
      "api-egress",
      "api-from-balancer",
    ]);
    expect(waits.filter((name) => name.startsWith("logs") || name.startsWith("monitoring"))).to.deep.equal([]);
  });

  it("learns of a single origin that it allows", async () => {
    expect(container(await made({ cors: ["https://a.example.com"] })).environment).to.deep.equal([
      { name: "CORS_ORIGINS", value: "https://a.example.com" },
      { name: "PORT", value: "3000" },
    ]);
  });

  it("runs as a user without rights in a file system that it can't write", async () => {
    const resources = await made({ env: { ZEBRA: "z", APPLE: "a" }, cors: ["https://a.example.com", "https://b.example.com"] });
    const { containerDefinitions, ...task } = only(resources, types.task).inputs;
    expect(containerDefinitions).to.be.a("string");
    expect(task).to.deep.equal({
      family: "platform-test-api",
      requiresCompatibilities: ["FARGATE"],
      networkMode: "awsvpc",
      runtimePlatform: { cpuArchitecture: "X86_64", operatingSystemFamily: "LINUX" },
      cpu: "512",
      memory: "1024",
      executionRoleArn: "platform-test-api-execution_arn",
      taskRoleArn: "platform-test-api-task_arn",
      skipDestroy: true,
      tags,
    });
    expect(container(resources)).to.deep.equal({
      name: "api",
      image: "docker.io/library/nginx:1.29",
      essential: true,
      portMappings: [{ containerPort: 3000, protocol: "tcp" }],
      environment: [
        { name: "APPLE", value: "a" },
        { name: "CORS_ORIGINS", value: "https://a.example.com,https://b.example.com" },
        { name: "PORT", value: "3000" },
        { name: "ZEBRA", value: "z" },
      ],
      secrets: [],
      user: "1000",
      readonlyRootFilesystem: true,
      linuxParameters: { initProcessEnabled: true, tmpfs: [{ containerPath: "/tmp", size: 64 }] },
      stopTimeout: 30,
      logConfiguration: {
        logDriver: "awslogs",
        options: {
          "awslogs-group": "/platform/test/api",
          "awslogs-region": "us-east-1",
          "awslogs-stream-prefix": "api",
          mode: "non-blocking",
          "max-buffer-size": "25m",
        },
      },
    });
    expect(only(resources, "aws:cloudwatch/logGroup:LogGroup", "api-logs").inputs).to.deep.equal({
      name: "/platform/test/api",
      kmsKeyId: "monitoring-key_arn",
      retentionInDays: 30,
      tags,
    });
  });

  it("takes a command of its own", async () => {
    expect(container(await made({ command: ["node", "server.js"] }))).to.deep.include({ command: ["node", "server.js"] });
  });

  it("has no console unless it is asked for, whatever the root is", async () => {
    const resources = await made({ readOnlyRoot: false });
    expect(only(resources, types.service).inputs.enableExecuteCommand).to.equal(false);
    expect(container(resources)).to.deep.include({ readonlyRootFilesystem: false, linuxParameters: { initProcessEnabled: true } });
    expect(ofType(resources, types.policy).map(({ name }) => name)).to.deep.equal(["api-execution"]);
  });

  it("has a console by choice, with the permission for it and volumes for its agent", async () => {
    const withExec = (spec: Partial<ServiceSpec>): Promise<Recorded[]> =>
      recordKnown(() => {
        const on = ground();
        alone(on, spec, { hosting: hosting(on, {}, true) });
      });
    const resources = await withExec({});
    expect(only(resources, types.service).inputs.enableExecuteCommand).to.equal(true);
    const volumes = ["managed-agents", "var-lib-amazon-ssm", "var-log-amazon-ssm"];
    const folders = ["/managed-agents", "/var/lib/amazon/ssm", "/var/log/amazon/ssm"];
    expect(only(resources, types.task).inputs.volumes).to.deep.equal(volumes.map((name) => ({ name })));
    expect(container(resources)).to.deep.include({
      readonlyRootFilesystem: true,
      mountPoints: folders.map((containerPath, index) => ({ containerPath, sourceVolume: volumes[index], readOnly: false })),
    });
    const writable = await withExec({ readOnlyRoot: false });
    expect(only(writable, types.task).inputs).not.to.have.property("volumes");
    expect(container(writable)).not.to.have.property("mountPoints");
    expect(statements(resources, "api-task")).to.deep.equal([
      {
        Effect: "Allow",
        Action: [
          "ssmmessages:CreateControlChannel",
          "ssmmessages:CreateDataChannel",
          "ssmmessages:OpenControlChannel",
          "ssmmessages:OpenDataChannel",
        ],
        Resource: ["*"],
      },
      {
        Effect: "Allow",
        Action: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
        Resource: ["arn:aws:logs:us-east-1:123456789012:log-group:/platform/test/console:*"],
      },
      { Effect: "Allow", Action: ["logs:DescribeLogGroups"], Resource: ["arn:aws:logs:us-east-1:123456789012:log-group:*"] },
    ]);
  });

  it("has two roles that only ECS may take on, for this account", async () => {
    const resources = await made();
    for (const part of ["execution", "task"]) {
      const role = only(resources, types.role, `platform-test-api-${part}`);
      expect(role.inputs.tags).to.deep.equal(tags);
      expect(documentOf(role, "assumeRolePolicy")).to.deep.equal({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { Service: "ecs-tasks.amazonaws.com" },
            Action: "sts:AssumeRole",
            Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
          },
        ],
      });
    }
    expect(only(resources, types.policy, "api-execution").inputs.role).to.equal("platform-test-api-execution-id");
    expect(statements(resources, "api-execution")).to.deep.equal([
      { Effect: "Allow", Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: ["api-logs_arn:*"] },
    ]);
  });

  it("gets its secrets by reference, and may read no others", async () => {
    const used = new Use<Aws>({
      target: "database",
      noun: "database",
      access: "readWrite",
      env: {},
      secrets: { DATABASE_PASSWORD: secret("password"), DATABASE_USER: secret("user") },
      raw: { server: undefined, statements: [], backlog: undefined },
    });
    const resources = await made({}, { uses: [used] });
    const arn = (name: string): string => `arn:aws:secretsmanager:us-east-1:123456789012:secret:${name}`;
    expect(container(resources).secrets).to.deep.equal([
      { name: "DATABASE_PASSWORD", valueFrom: `${arn("password")}:::1` },
      { name: "DATABASE_USER", valueFrom: `${arn("user")}:::1` },
    ]);
    expect((statements(resources, "api-execution") as unknown[]).slice(1)).to.deep.equal([
      { Effect: "Allow", Action: ["secretsmanager:GetSecretValue"], Resource: [arn("password"), arn("user")] },
      {
        Effect: "Allow",
        Action: ["kms:Decrypt"],
        Resource: ["arn:aws:kms:us-east-1:123456789012:key/1"],
        Condition: { StringEquals: { "kms:ViaService": "secretsmanager.us-east-1.amazonaws.com" } },
      },
    ]);
  });

  it("gets the application's secrets by their names", async () => {
    const resources = await made({ secrets: { SIGNING_KEY: "signing-key" } });
    expect(statements(resources, "api-execution")).to.have.length(3);
    expect(only(resources, types.policy, "api-execution").dependencies.join(" ")).to.include("platform-test-secrets-signing-key");
  });

  it("pulls a private image, and only that", async () => {
    const image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api@sha256:abc";
    expect((statements(await made({ image }), "api-execution") as unknown[]).slice(1)).to.deep.equal([
      { Effect: "Allow", Action: ["ecr:GetAuthorizationToken"], Resource: ["*"] },
      {
        Effect: "Allow",
        Action: ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        Resource: ["arn:aws:ecr:eu-west-1:123456789012:repository/team/api"],
      },
    ]);
    expect(privateRepository("123456789012.dkr.ecr.eu-west-1.amazonaws.com/api:1.2")).to.equal(
      "arn:aws:ecr:eu-west-1:123456789012:repository/api",
    );
    expect(privateRepository("public.ecr.aws/nginx/nginx:1")).to.equal(undefined);
  });

  it("carries out its uses: one pair of rules for each server, and the grants", async () => {
    const one = output("one-id");
    const granted = { statements: [{ actions: ["sqs:SendMessage"], resources: ["arn:aws:sqs:us-east-1:123456789012:jobs"] }] };
    const resources = await made(
      {},
      { uses: [use("database", one, granted), use("again", one), use("pool", one, { server: { groupId: one, port: 6432 } })] },
    );
    const rules = (type: string): string[] =>
      ofType(resources, type)
        .filter(({ name }) => name.startsWith("api-to-"))
        .map(({ name, inputs }) => `${name} ${inputs.securityGroupId} ${inputs.referencedSecurityGroupId} ${inputs.fromPort}`);
    expect(rules(types.egress)).to.deep.equal([
      "api-to-database platform-test-api-id one-id 5432",
      "api-to-pool platform-test-api-id one-id 6432",
    ]);
    expect(rules(types.ingress)).to.deep.equal([
      "api-to-database one-id platform-test-api-id 5432",
      "api-to-pool one-id platform-test-api-id 6432",
    ]);
    expect(waitsFor(only(resources, types.service))).to.include.members(["api-to-database", "api-to-pool", "api-task"]);
    expect(container(resources).environment).to.deep.include({ name: "DATABASE_HOST", value: "database.internal" });
    expect(statements(resources, "api-task")).to.deep.equal([
      { Effect: "Allow", Action: ["sqs:SendMessage"], Resource: ["arn:aws:sqs:us-east-1:123456789012:jobs"] },
    ]);
  });
});

describe("calls between services on AWS", () => {
  it("go straight to the tasks of a public service, by a private name", async () => {
    const resources = await recordKnown(() => {
      const on = ground();
      const specs = { api: serviceSpec({ port: 8080 }), web: serviceSpec({ kind: "web", uses: { api: "call" } }) };
      const front = gateway(on, { routes: [route("web"), route("api", { paths: ["/api/*"] })] });
      const shared = hosting(on, specs);
      const api = service(on, "api", specs.api, { hosting: shared, place: front.place("api") });
      const called = api.use("call");
      expect(called).to.include({ target: "api", noun: "service", access: "call" });
      expect(called.raw.statements).to.deep.equal([]);
      expect(called.raw.backlog).to.equal(undefined);
      service(on, "web", specs.web, { hosting: shared, place: front.place("web"), uses: [called] });
    });
    expect(only(resources, types.name).inputs).to.deep.equal({
      name: "api",
      dnsConfig: { namespaceId: "hosting-names-id", routingPolicy: "MULTIVALUE", dnsRecords: [{ type: "A", ttl: 10 }] },
      healthCheckCustomConfig: { failureThreshold: 1 },
      forceDestroy: true,
      tags,
    });
    expect(only(resources, types.service, "platform-test-api").inputs.serviceRegistries).to.deep.equal({ registryArn: "api-name_arn" });
    expect(only(resources, types.service, "platform-test-web").inputs).not.to.have.property("serviceRegistries");
    expect(only(resources, types.ingress, "web-to-api").inputs).to.include({
      securityGroupId: "platform-test-api-id",
      referencedSecurityGroupId: "platform-test-web-id",
      fromPort: 8080,
      toPort: 8080,
    });
    const web = documentOf(only(resources, types.task, "web-task"), "containerDefinitions") as [Container];
    expect(web[0].environment).to.deep.equal([
      { name: "API_URL", value: "http://api.platform-test-services.internal:8080" },
      { name: "PORT", value: "3000" },
    ]);
  });

  it("go through the balancer inside where the service is internal", async () => {
    const resources = await recordKnown(() => {
      const on = ground();
      const front = gateway(on, { routes: [route("web"), route("api", { internal: true })] });
      const shared = hosting(on);
      const api = service(on, "api", serviceSpec({ internal: true }), { hosting: shared, place: front.place("api") });
      service(on, "web", serviceSpec({ kind: "web" }), { hosting: shared, place: front.place("web"), uses: [api.use("call")] });
    });
    expect(ofType(resources, types.name)).to.deep.equal([]);
    expect(only(resources, types.ingress, "web-to-api").inputs).to.include({
      securityGroupId: "platform-test-gateway-internal-id",
      referencedSecurityGroupId: "platform-test-web-id",
      fromPort: 80,
      toPort: 80,
    });
    expect(only(resources, types.ingress, "api-from-balancer").inputs.referencedSecurityGroupId).to.equal(
      "platform-test-gateway-internal-id",
    );
    expect(only(resources, types.rule, "api-rule").inputs.listenerArn).to.equal("gateway-internal_arn");
  });

  it("are refused where nobody said so, and to what has no port", async () => {
    await record(() => {
      const on = ground();
      const message = /services\.api: can't be called from other services\n.*name it in the `uses` of the caller/;
      expect(() => alone(on).use("call")).to.throw(ConfigError, message);
    });
    await record(() => {
      const made = service(ground(), "api", serviceSpec({ kind: "worker" }));
      expect(made.url).to.equal(undefined);
      expect(() => made.use("call")).to.throw(ConfigError, /web or api service/);
    });
  });
});

describe("a worker on AWS", () => {
  it("is a service without a port", async () => {
    const resources = await worker();
    expect(classesIn(resources, "api")).to.deep.equal([
      "LogGroup api-logs",
      "Role platform-test-api-execution",
      "Role platform-test-api-task",
      "RolePolicy api-execution",
      "SecurityGroup platform-test-api",
      "SecurityGroupEgressRule api-egress",
      "Service platform-test-api",
      "TaskDefinition api-task",
    ]);
    expect(only(resources, types.service).inputs).not.to.have.any.keys("loadBalancers", "healthCheckGracePeriodSeconds");
    expect(container(resources)).not.to.have.property("portMappings");
    expect(container(resources).environment).to.deep.equal([]);
  });

  it("runs on spare capacity by choice, with one instance that stays", async () => {
    expect(only(await worker({ spot: true }), types.service).inputs.capacityProviderStrategies).to.deep.equal([
      { capacityProvider: "FARGATE", base: 1, weight: 1 },
      { capacityProvider: "FARGATE_SPOT", weight: 4 },
    ]);
  });
});

describe("a job on AWS", () => {
  const job = (overrides: Partial<ServiceSpec> = {}): Promise<Recorded[]> => worker({ kind: "job", ...overrides });

  it("without a schedule is a task to be started by hand", async () => {
    expect(classesIn(await job(), "api")).to.deep.equal([
      "LogGroup api-logs",
      "Role platform-test-api-execution",
      "Role platform-test-api-task",
      "RolePolicy api-execution",
      "SecurityGroup platform-test-api",
      "SecurityGroupEgressRule api-egress",
      "TaskDefinition api-task",
    ]);
  });

  it("is started by its schedule, in UTC", async () => {
    const resources = await job({ schedule: "0 3 * * *" });
    expect(classesIn(resources, "api")).to.deep.equal([
      "LogGroup api-logs",
      "Role platform-test-api-execution",
      "Role platform-test-api-starter",
      "Role platform-test-api-task",
      "RolePolicy api-execution",
      "RolePolicy api-starter",
      "Schedule platform-test-api",
      "SecurityGroup platform-test-api",
      "SecurityGroupEgressRule api-egress",
      "TaskDefinition api-task",
    ]);
    const schedule = only(resources, types.schedule);
    expect(schedule.inputs).to.deep.equal({
      scheduleExpression: "cron(0 3 * * ? *)",
      scheduleExpressionTimezone: "UTC",
      flexibleTimeWindow: { mode: "OFF" },
      state: "ENABLED",
      target: {
        arn: "hosting-cluster_arn",
        roleArn: "platform-test-api-starter_arn",
        ecsParameters: {
          taskDefinitionArn: "api-task_arn",
          taskCount: 1,
          capacityProviderStrategies: [{ capacityProvider: "FARGATE", weight: 1 }],
          networkConfiguration: { subnets: ["app-1-id", "app-2-id"], securityGroups: ["platform-test-api-id"], assignPublicIp: false },
          enableEcsManagedTags: true,
          propagateTags: "TASK_DEFINITION",
        },
        retryPolicy: { maximumRetryAttempts: 3, maximumEventAgeInSeconds: 3600 },
      },
    });
    expect(waitsFor(schedule)).to.include.members(["hosting-capacity", "api-execution", "api-starter"]);
    expect(ofType(resources, types.service)).to.deep.equal([]);
  });

  it("takes spare capacity by choice", async () => {
    const { target } = only(await job({ schedule: "0 3 * * *", spot: true }), types.schedule).inputs;
    expect(target).to.have.deep.nested.property("ecsParameters.capacityProviderStrategies", [
      { capacityProvider: "FARGATE_SPOT", weight: 1 },
    ]);
  });

  it("shows what starting it by hand takes", async () => {
    const seen: unknown[] = [];
    await recordKnown(() => {
      output(service(ground(), "api", serviceSpec({ kind: "job" })).job).apply((job) => void seen.push(job));
    });
    const firewall = { subnetIds: ["app-1-id", "app-2-id"], securityGroupIds: ["platform-test-api-id"] };
    expect(seen).to.deep.equal([{ id: "api-task_arn", hostId: "hosting-cluster_arn", ...firewall, logs: "/platform/test/api" }]);
  });

  it("lets the scheduler start this task in this cluster, and nothing else", async () => {
    const resources = await recordKnown(() => {
      const on = ground();
      const shared = hosting(on);
      Object.assign(shared, { raw: { ...shared.raw, clusterName: output("platform-test-hosting") } });
      const made = service(on, "api", serviceSpec({ kind: "job", schedule: "0 3 * * *" }), { hosting: shared });
      expect(made.service).to.equal(undefined);
    });
    const ecs = "arn:aws:ecs:us-east-1:123456789012";
    const role = only(resources, types.role, "platform-test-api-starter");
    expect(documentOf(role, "assumeRolePolicy")).to.have.nested.property("Statement[0].Principal.Service", "scheduler.amazonaws.com");
    expect(role.inputs.tags).to.deep.equal(tags);
    const starter = only(resources, types.policy, "api-starter");
    expect(starter.inputs.role).to.equal("platform-test-api-starter-id");
    expect(waitsFor(starter)).not.to.include("api-task");
    expect(statements(resources, "api-starter")).to.deep.equal([
      {
        Effect: "Allow",
        Action: ["ecs:RunTask"],
        Resource: [`${ecs}:task-definition/platform-test-api:*`],
        Condition: { ArnEquals: { "ecs:cluster": "hosting-cluster_arn" } },
      },
      {
        Effect: "Allow",
        Action: ["ecs:TagResource"],
        Resource: [`${ecs}:task/platform-test-hosting/*`],
        Condition: { StringEquals: { "ecs:CreateAction": "RunTask" } },
      },
      {
        Effect: "Allow",
        Action: ["iam:PassRole"],
        Resource: ["platform-test-api-execution_arn", "platform-test-api-task_arn"],
        Condition: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
      },
    ]);
  });
});

describe("a service on AWS refuses", () => {
  const refused: [string, Partial<ServiceSpec>, Partial<AppServiceArgs<Aws>>, RegExp][] = [
    ["a size that is not sold", { cpu: 3 }, {}, /cpu: aws sells api services/],
    [
      "to be served without a place",
      {},
      { place: undefined },
      /place: a api service is reached through the gateway\n {4}give it `gateway\.place\(name\)`/,
    ],
    [
      "CORS origins from two sides",
      { cors: ["https://a.example.com"], env: { CORS_ORIGINS: "x" } },
      {},
      /env\.CORS_ORIGINS: set twice, by cors and by env\n/,
    ],
    [
      "a schedule of scaling that AWS can't say",
      { scale: { ...serviceSpec().scale, schedules: [{ name: "night", cron: "0 20 1 * 1", timezone: "UTC", min: 1, max: 1 }] } },
      {},
      /scale\.schedules\[0\]\.cron: AWS takes either .* \(given: "0 20 1 \* 1"\)\n {4}write it as/,
    ],
    ["a schedule that is none", { kind: "job", schedule: "daily" }, {}, /schedule: cron has five fields.*\(given: "daily"\)/],
    [
      "one name for two things",
      { env: { DATABASE_HOST: "x" } },
      { uses: [use("database", output("id"))] },
      /env\.DATABASE_HOST: set twice/,
    ],
  ];
  for (const [what, spec, args, message] of refused) {
    it(what, async () => {
      await record(() => {
        expect(() => alone(ground(), spec, args)).to.throw(ConfigError, message);
      });
    });
  }
});
