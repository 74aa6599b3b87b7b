// Answers of the clouds as their services write them, given to the real clients: AWS's by a server on this machine, Azure's below their
// HTTP, as they send no token without TLS.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TokenCredential } from "@azure/identity";
import { createHttpHeaders, type HttpClient, type PipelineRequest, RestError } from "@azure/core-rest-pipeline";

export interface Asked {
  readonly url: string;
  readonly target: string;
  readonly body: Readonly<Record<string, unknown>>;
}
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}
/** What a request is answered by; it sees the request. */
export type Script = (asked: Asked, earlier: number) => Answer;

export interface AwsReplay {
  readonly config: {
    readonly region: string;
    readonly endpoint: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  readonly asked: Asked[];
  close(): Promise<void>;
}

export async function replayAws(script: Script): Promise<AwsReplay> {
  const asked: Asked[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      const target = String(request.headers["x-amz-target"] ?? new URLSearchParams(text).get("Action")).replace(/^.*\./, "");
      const one: Asked = { url: request.url ?? "", target, body: text.startsWith("{") ? (JSON.parse(text) as Asked["body"]) : {} };
      asked.push(one);
      const { status = 200, headers, body } = script(one, asked.filter((other) => other.target === target).length - 1);
      response.writeHead(status, { "content-type": typeof body === "string" ? "text/xml" : "application/x-amz-json-1.1", ...headers });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    });
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const credentials = { accessKeyId: "replayed", secretAccessKey: "replayed" };
  return {
    config: { region: "us-east-1", endpoint: `http://127.0.0.1:${port}`, credentials },
    asked,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

export interface AzureReplay {
  readonly credential: TokenCredential;
  readonly options: { readonly httpClient: HttpClient; readonly retryOptions: { readonly retryDelayInMs: number } };
  readonly asked: Asked[];
}

export function replayAzure(script: Script): AzureReplay {
  const asked: Asked[] = [];
  const sendRequest = (request: PipelineRequest) => {
    const text = typeof request.body === "string" ? request.body : "{}";
    const one: Asked = { url: request.url, target: request.method, body: JSON.parse(text) as Asked["body"] };
    asked.push(one);
    const { status = 200, headers, body } = script(one, asked.filter(({ url }) => url === one.url).length - 1);
    if (status === 0) return Promise.reject(new RestError("connect ECONNREFUSED", { code: "ECONNREFUSED", request }));
    const all = createHttpHeaders({ "content-type": "application/json", ...headers });
    return Promise.resolve({ request, status, headers: all, bodyAsText: JSON.stringify(body) });
  };
  const credential: TokenCredential = { getToken: () => Promise.resolve({ token: "replayed", expiresOnTimestamp: 4e12 }) };
  return { credential, options: { httpClient: { sendRequest }, retryOptions: { retryDelayInMs: 1 } }, asked };
}
