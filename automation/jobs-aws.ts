// Jobs as tasks of ECS: one task on Fargate, never on spare capacity, in the job's subnets and firewall.
import { randomUUID } from "node:crypto";
import { DescribeTasksCommand, ECSClient, type ECSClientConfig, ListTasksCommand, RunTaskCommand, type Task } from "@aws-sdk/client-ecs";
import type { Job, Jobs, Look } from "./jobs";

export interface AwsJobsArgs {
  /** Whom a task names as who started it. */
  readonly startedBy: string;
  /** Besides the region, which the job's ARN names. */
  readonly client?: ECSClientConfig;
}

/** Throttled calls and broken connections are tried again by the SDK. */
const attempts = 6;

export function awsJobs({ startedBy, client = {} }: AwsJobsArgs): Jobs {
  const ecsOf = ({ id }: Job): ECSClient => new ECSClient({ region: id.split(":")[3] ?? "", maxAttempts: attempts, ...client });
  return {
    async running(job) {
      const ecs = ecsOf(job);
      const tasks: string[] = [];
      let nextToken: string | undefined;
      do {
        // By its family: whoever started it, and whichever revision it is.
        const page = await ecs.send(
          new ListTasksCommand({ cluster: job.hostId, family: familyOf(job), desiredStatus: "RUNNING", nextToken }),
        );
        tasks.push(...(page.taskArns ?? []));
        nextToken = page.nextToken;
      } while (nextToken !== undefined);
      if (tasks.length === 0) return [];
      // A page has a hundred tasks, and so has what can be described at once; a job has a few.
      const described = await ecs.send(new DescribeTasksCommand({ cluster: job.hostId, tasks: tasks.slice(0, 100) }));
      return (described.tasks ?? []).flatMap(({ taskArn, taskDefinitionArn, lastStatus }) =>
        taskArn === undefined || lastStatus === "STOPPED" ? [] : [{ id: taskArn, current: taskDefinitionArn === job.id }],
      );
    },

    async start(job) {
      const started = await ecsOf(job).send(
        new RunTaskCommand({
          cluster: job.hostId,
          taskDefinition: job.id,
          count: 1,
          launchType: "FARGATE",
          networkConfiguration: {
            awsvpcConfiguration: {
              subnets: [...job.subnetIds],
              securityGroups: [...job.securityGroupIds],
              assignPublicIp: "DISABLED",
            },
          },
          enableECSManagedTags: true,
          propagateTags: "TASK_DEFINITION",
          startedBy: startedBy.slice(0, 128),
          // A repeated request of this call starts no second task.
          clientToken: randomUUID(),
        }),
      );
      const arn = started.tasks?.[0]?.taskArn;
      if (arn !== undefined) return arn;
      const reasons = (started.failures ?? []).map(({ reason, detail }) =>
        [reason, detail].filter((text) => text !== undefined).join(": "),
      );
      if (reasons.length > 0 && reasons.every((reason) => /capacity is unavailable|^RESOURCE:/i.test(reason))) return undefined;
      throw new Error(`ECS started no task: ${reasons.join("; ") || "it gives no reason"}`);
    },

    async look(job, id) {
      const { tasks = [], failures = [] } = await ecsOf(job).send(new DescribeTasksCommand({ cluster: job.hostId, tasks: [id] }));
      const [task] = tasks;
      if (task !== undefined) return lookAt(job, task);
      // Just started it may not be known everywhere; ECS forgets a task an hour after its end.
      throw new Error(`ECS knows no task ${id}: ${failures[0]?.reason ?? "it gives no reason"}`);
    },

    logs: ({ id, name, logs }, task) =>
      `aws logs tail ${logs} --region ${id.split(":")[3] ?? ""} --log-stream-names ${name}/${name}/${idOf(task)} --since 3h`,
  };
}

function lookAt(job: Job, { lastStatus, containers = [], stoppedReason, stopCode }: Task): Look {
  if (lastStatus !== "STOPPED") return { running: true, words: lastStatus ?? "unknown" };
  const container = containers.find(({ name }) => name === job.name);
  const code = container?.exitCode;
  const why = [stoppedReason, container?.reason].filter((text) => text !== undefined && text !== "").join("; ");
  const end = code === undefined ? `it did not run (${stopCode ?? "no code"})` : `exit code ${code}`;
  return { running: false, succeeded: code === 0, words: code === 0 || why === "" ? end : `${end}: ${why}` };
}

/** `…:task-definition/<family>:<revision>` */
function familyOf({ id }: Job): string {
  return id.split("/").at(-1)?.split(":")[0] ?? "";
}

function idOf(taskArn: string): string {
  return taskArn.split("/").at(-1) ?? taskArn;
}
