// The AWS SDK for JavaScript v3 as a driver; drivers.py describes the lines.
//   driver.mjs http2   the SDK's own choice: HTTP/2, with prior knowledge on http:, by ALPN on https:
//   driver.mjs http1   HTTP/1.1 with keep-alive
import * as sdk from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const version = createRequire(import.meta.url)("@aws-sdk/client-kinesis/package.json").version;
const client = new sdk.KinesisClient({
    maxAttempts: 3,
    ...(process.argv[2] === "http1" ? { requestHandler: new NodeHttpHandler() } : {}),
});

function fromLine(value, name = "") {
    if (Array.isArray(value)) return value.map((item) => fromLine(item));
    if (value !== null && typeof value === "object")
        return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fromLine(item, key)]));
    if (name === "Data") return new Uint8Array(Buffer.from(value, "base64"));
    if (name.endsWith("Timestamp")) return new Date(value);
    return value;
}

function toLine(value) {
    if (Array.isArray(value)) return value.map(toLine);
    if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
    if (value instanceof Date) return value.getTime();
    if (value !== null && typeof value === "object")
        return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toLine(item)]));
    return value;
}

async function send(operation, input, options) {
    const { $metadata, ...output } = await client.send(new sdk[operation + "Command"](fromLine(input)), options);
    return output;
}

const subscriptions = new Map(); // number: events, and what ends them
let subscribed = 0;

const ofSubscriptions = {
    async SubscribeToShard(input) {
        const end = new AbortController();
        const { EventStream } = await send("SubscribeToShard", input, { abortSignal: end.signal });
        subscriptions.set(++subscribed, { events: EventStream[Symbol.asyncIterator](), end });
        return { Subscription: subscribed };
    },
    async NextEvent({ Subscription }) {
        const { done, value } = await subscriptions.get(Subscription).events.next();
        return done ? {} : value;
    },
    async Unsubscribe({ Subscription }) {
        subscriptions.get(Subscription).end.abort();
        subscriptions.delete(Subscription);
        return {};
    },
};

async function call({ operation, input }) {
    try {
        const output = await (ofSubscriptions[operation]?.(input) ?? send(operation, input));
        return { output: toLine(output) };
    } catch (error) {
        if (!(error instanceof sdk.KinesisServiceException)) return { failure: error.stack };
        return { error: { code: error.name, message: error.message, status: error.$metadata?.httpStatusCode } };
    }
}

console.log(JSON.stringify({ ready: `${version}, Node ${process.versions.node}` }));
for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    console.log(JSON.stringify(Array.isArray(request) ? await Promise.all(request.map(call)) : await call(request)));
}
client.destroy();
