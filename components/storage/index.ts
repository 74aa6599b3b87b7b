// Storage: private object storage. In this version one bucket for logs; the other purposes follow.
//
// | what        | AWS                                                        | Azure                                                        |
// |-------------|------------------------------------------------------------|--------------------------------------------------------------|
// | a bucket    | S3 bucket, all public access blocked, TLS only, versioned  | storage account and container, private endpoint, TLS 1.2     |
// | encryption  | SSE-S3 (load balancers can't write to a KMS bucket)        | Microsoft-managed keys, infrastructure encryption            |
// | expiry      | lifecycle rule                                             | management policy                                            |
import type { Output } from "@pulumi/pulumi";
import { Component, type Family } from "../cloud";
import type { Network } from "../network";

export interface StorageArgs<F extends Family> {
  readonly network: Network<F>;
  /** What it is for. `logs`: written by the cloud's own services only. */
  readonly purpose: "logs";
  /** Objects are deleted after this many days. */
  readonly expireDays: number;
}

export abstract class Storage<F extends Family> extends Component<F> {
  abstract readonly bucketName: Output<string>;
  abstract readonly raw: F["storage"];
}
