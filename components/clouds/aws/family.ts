// What crosses from one AWS component to another: the payload of every `raw`.
import type { Input, Output, Resource } from "@pulumi/pulumi";
import type { Family } from "../../cloud";
import type { AlarmId } from "../../monitoring/alarms";
import type { Receiving, Severity, WebhookKind } from "../../monitoring/alerts";

export interface Aws extends Family {
  readonly network: {
    readonly vpcId: Output<string>;
    /** One per zone, in the order of the stack's zones. */
    readonly publicSubnetIds: readonly Output<string>[];
    readonly appSubnetIds: readonly Output<string>[];
    readonly dataSubnetIds: readonly Output<string>[];
    /** One per zone, as the subnets. */
    readonly appRouteTableIds: readonly Output<string>[];
    readonly dataRouteTableIds: readonly Output<string>[];
    /** The routes of the app tier to the internet: a task that pulls an image waits for these, nothing else does. */
    readonly egress: readonly Resource[];
    readonly accountId: Output<string>;
    /** Security group of the interface endpoints, if there are any. */
    readonly endpointsGroupId: Output<string> | undefined;
  };
  readonly storage: {
    readonly bucketName: Output<string>;
    readonly bucketArn: Output<string>;
    readonly policy: Resource;
    /** The key that encrypts the objects; undefined where it is S3's own. */
    readonly keyArn: Output<string> | undefined;
    /** The copy in the second region. */
    readonly copy: { readonly bucketName: Output<string>; readonly bucketArn: Output<string>; readonly region: string } | undefined;
  };
  readonly monitoring: {
    /** The topic of what is of high severity: for what knows no other. */
    readonly alertsTopicArn: Output<string>;
    readonly routes: Readonly<Record<Severity, Route>>;
    readonly receivers: Receiving;
    readonly logKeyArn: Output<string>;
    readonly logDays: number;
    /** Where the application's own metrics go; undefined: no collector runs. */
    readonly telemetry:
      { readonly logGroupName: Output<string>; readonly logGroupArn: Output<string>; readonly config: string } | undefined;
    /** The log group of the audit trail. */
    readonly auditLogGroupName: Output<string> | undefined;
    readonly metrics: readonly string[];
  };
  readonly watched: {
    /** What CloudWatch calls the thing: values of dimensions and parts of ARNs, by the keys that the table of alarms asks for. */
    readonly values: Readonly<Record<string, Input<string>>>;
    /** What percentages are of, where no metric gives it. */
    readonly totals?: { readonly memoryBytes?: number; readonly storageBytes?: number; readonly connections?: number };
    readonly logGroupName?: Input<string>;
    /** Where the log group is. Default: the stack's. */
    readonly logRegion?: string;
    /** Thresholds of its own. */
    readonly thresholds?: { readonly [id in AlarmId]?: number };
    /** Metrics of some of AWS's services are in one region only; alarms and their topics with them. Default: the stack's. */
    readonly elsewhere?: { readonly region: string; readonly route: Route };
  };
  readonly secrets: { readonly keyArn: Output<string> };
  readonly hosting: {
    readonly clusterArn: Output<string>;
    readonly clusterName: Output<string>;
    readonly capacity: Resource;
    /** Whether operators may open a console in running containers. */
    readonly exec: boolean;
    /** Private names of services behind the public balancer that other services call: its name leads out of the network and back. */
    readonly calls: { readonly namespaceId: Output<string>; readonly domain: string; readonly services: readonly string[] } | undefined;
  };
  readonly broker: { readonly keyArn: Output<string> };
  readonly queue: {
    readonly arn: Output<string>;
    readonly url: Output<string>;
    readonly queueName: Output<string>;
    readonly keyArn: Output<string>;
    readonly fifo: boolean;
  };
  readonly registry: {
    /** By name of the repository. */
    readonly repositories: Readonly<Record<string, { readonly arn: Output<string>; readonly url: Output<string> }>>;
  };
  readonly database: {
    readonly arn: Output<string>;
    readonly identifier: Output<string>;
    /** The server itself, past any pool. */
    readonly host: Output<string>;
    readonly port: number;
    readonly databaseName: Output<string>;
    readonly owner: string;
    readonly secret: Aws["secret"];
    readonly groupId: Output<string>;
    readonly subnetGroupName: Output<string>;
    readonly parameterGroupName: Output<string>;
    readonly keyArn: Output<string>;
  };
  readonly cache: {
    readonly replicationGroupId: Output<string>;
    readonly arn: Output<string>;
    /** The node that snapshots are taken of; undefined with shards, where all are taken together. */
    readonly nodeId: Output<string> | undefined;
    readonly keyArn: Output<string>;
  };
  readonly place: {
    /** The listener whose rules lead to the service; internal services have the internal listener's. */
    readonly listenerArn: Output<string>;
    /** One listener rule each, in the stable order of `gateway/priorities.ts`. */
    readonly rules: readonly {
      readonly name: string;
      readonly priority: number;
      readonly paths: readonly string[];
      readonly hosts: readonly string[];
    }[];
    /** Of the rule that only ties the stable target group to the balancer, behind all others. */
    readonly anchorPriority: number;
    readonly balancerGroupId: Output<string>;
    readonly balancerArnSuffix: Output<string>;
    readonly listenerPort: number;
    /** Base URL at which callers reach the service. */
    readonly url: Output<string>;
    readonly internal: boolean;
    /** The balancer is the CDN's origin. A target group hangs on one balancer only, so the CDN's has groups of its own. */
    readonly behindCdn: boolean;
  };
  readonly origin: {
    readonly balancerArn: Output<string>;
    /** The name that CloudFront connects for: with TLS one that the balancer's certificate covers. */
    readonly host: Output<string>;
    readonly secure: boolean;
    /** The balancer's certificate, and the record that proves it if it was issued here. */
    readonly certificateArn: Input<string> | undefined;
    readonly proof: Output<string> | undefined;
  };
  readonly site: {
    readonly bucketId: Output<string>;
    readonly bucketArn: Output<string>;
    readonly host: Output<string>;
    /** Whoever writes the bucket's policy waits for this: S3 answers with a conflict when both are written at once. */
    readonly closed: Resource;
  };
  readonly edge: {
    /** Metrics of CloudFront and of its firewall are in us-east-1 only. */
    readonly distributionId: Output<string>;
    readonly webAclName: Output<string> | undefined;
  };
  readonly grant: {
    /** The server's security group and port, where there is a server to reach. */
    readonly server: { readonly groupId: Output<string>; readonly port: Input<number> } | undefined;
    readonly statements: readonly {
      readonly actions: readonly string[];
      readonly resources: readonly Input<string>[];
      readonly conditions?: Readonly<Record<string, Readonly<Record<string, Input<string>>>>>;
    }[];
    /** A queue that the service receives from: what its scaling looks at. */
    readonly backlog: { readonly queueName: Output<string> } | undefined;
    /** A file system that the service mounts; its tasks wait for the targets. */
    readonly mount?: {
      readonly name: string;
      readonly path: string;
      readonly readOnly: boolean;
      readonly fileSystemId: Output<string>;
      readonly accessPointId: Output<string>;
      readonly targets: readonly Resource[];
    };
  };
  /** `valueFrom` is the ARN with the version: `<arn>:::<versionId>` (or with a JSON key). */
  readonly secret: {
    readonly arn: Output<string>;
    readonly valueFrom: Output<string>;
    readonly keyArn: Output<string>;
    /** Secrets that take turns with this one: a service that is rolled back starts with the former again. */
    readonly turns?: readonly Output<string>[];
  };
  /** What holds the limits of a service's scaling. */
  readonly scaling: { readonly resourceId: Output<string>; readonly targetArn: Output<string>; readonly serviceArn: Output<string> };
}

/** Where the alerts of one severity go. */
export interface Route {
  readonly topicArn: Output<string>;
  /** Webhooks, for what is no alarm: alarms reach them by a rule on their names. */
  readonly webhooks: readonly {
    readonly name: string;
    readonly kind: WebhookKind;
    readonly arn: Output<string>;
    readonly roleArn: Output<string>;
  }[];
}
