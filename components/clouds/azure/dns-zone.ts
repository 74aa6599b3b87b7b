// A DNS zone that is there already, by its resource id.
import * as dns from "@pulumi/azure-native/dns";
import type { ComponentResource, Input } from "@pulumi/pulumi";
import type { Zone } from "./zone-id";

/** The name of a host within its zone: `@` is the zone's own. */
export function relativeName(host: string, { zoneName }: Zone): string {
  return host === zoneName ? "@" : host.slice(0, -zoneName.length - 1);
}

/** An alias record: it follows what it leads to if that is ever replaced. */
export function aliasRecord(parent: ComponentResource, name: string, zone: Zone, host: string, target: Input<string>): void {
  const record = { relativeRecordSetName: relativeName(host, zone), recordType: "A", ttl: 300, targetResource: { id: target } };
  new dns.RecordSet(`${name}-${host}`, { ...zone, ...record }, { parent });
}
