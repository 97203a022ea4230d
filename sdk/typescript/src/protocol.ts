// Made by scripts/generate_protocol.mjs from protocol/schema/troupe.v1.schema.json; do not edit.

export type ClientFrame = ClientHello | ClientRefresh | ClientPing | ClientRooms | ClientJoin | ClientLeave | ClientSend | ClientFetch | ClientPresence | ClientTyping | ClientMark | ClientModerate;

export type ServerFrame = ServerWelcome | ServerOk | ServerPong | ServerRooms | ServerJoined | ServerAck | ServerPage | ServerPresence | ServerTyping | ServerMarks | ServerMessage | ServerGap | ServerHead | ServerActivity | ServerGoaway | ServerClosed | ServerError;

export interface ClientHello {
  readonly type: "hello";
  readonly id: number;
  readonly token?: string;
  readonly user?: string;
  readonly resume?: string;
  readonly rooms?: readonly ClientRoomPosition[];
  readonly sdk?: string;
}

export interface ClientRoomPosition {
  readonly room: string;
  readonly epoch: string;
  readonly seq: number;
}

export interface ClientRefresh {
  readonly type: "refresh";
  readonly id: number;
  readonly token: string;
}

export interface ClientPing {
  readonly type: "ping";
  readonly id: number;
}

export interface ClientRooms {
  readonly type: "rooms";
  readonly id: number;
  readonly after?: string;
}

export interface ClientJoin {
  readonly type: "join";
  readonly id: number;
  readonly room: string;
  readonly since?: Position;
  readonly limit?: number;
  readonly want?: readonly string[];
}

export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

export interface ClientLeave {
  readonly type: "leave";
  readonly id: number;
  readonly room: string;
  readonly forget?: boolean;
}

export interface ClientSend {
  readonly type: "send";
  readonly id: number;
  readonly room: string;
  readonly cid: string;
  readonly body: string;
  readonly kind?: string;
  readonly reply_to?: number;
  readonly target?: number;
}

export interface ClientFetch {
  readonly type: "fetch";
  readonly id: number;
  readonly room: string;
  readonly after?: number;
  readonly before?: number;
  readonly limit: number;
  readonly raw?: boolean;
}

export interface ClientPresence {
  readonly type: "presence";
  readonly id: number;
  readonly room: string;
}

export interface ClientTyping {
  readonly type: "typing";
  readonly room: string;
}

export interface ClientMark {
  readonly type: "mark";
  readonly room: string;
  readonly read?: number;
  readonly recv?: number;
}

export interface ClientModerate {
  readonly type: "moderate";
  readonly id: number;
  readonly room: string;
  readonly cid: string;
  readonly action: string;
  readonly user?: string;
  readonly role?: string;
  readonly for_ms?: number;
  readonly interval_ms?: number;
  readonly reason?: string;
}

export interface ServerWelcome {
  readonly type: "welcome";
  readonly re: number;
  readonly session: string;
  readonly user: string;
  readonly node: string;
  readonly ping_ms: number;
  readonly resume: string;
  readonly limits: ServerAdvertisedLimits;
  readonly time: number;
}

export interface ServerAdvertisedLimits {
  readonly frame: number;
  readonly body: number;
  readonly rate: number;
  readonly inflight: number;
}

export interface ServerOk {
  readonly type: "ok";
  readonly re: number;
}

export interface ServerPong {
  readonly type: "pong";
  readonly re: number;
  readonly time: number;
}

export interface ServerRooms {
  readonly type: "rooms";
  readonly re: number;
  readonly rooms: readonly InboxRow[];
  readonly more: boolean;
}

export interface InboxRow {
  readonly room: string;
  readonly head: number;
  readonly read: number;
  readonly role: string;
}

export interface ServerJoined {
  readonly type: "joined";
  readonly re?: number;
  readonly room: string;
  readonly epoch: string;
  readonly head: number;
  readonly min: number;
  readonly chain: string;
  readonly recovered: boolean;
  readonly messages: readonly Entry[];
  readonly more: boolean;
  readonly presence?: PresenceNow;
  readonly me: ServerOwnStanding;
}

export interface Entry {
  readonly seq: number;
  readonly from: string;
  readonly cid: string;
  readonly time: number;
  readonly kind: string;
  readonly body?: string;
  readonly salt?: string;
  readonly digest?: string;
  readonly reply_to?: number;
  readonly target?: number;
  readonly edited?: number;
  readonly deleted?: boolean;
  readonly reactions?: readonly Reaction[];
}

export interface Reaction {
  readonly emoji: string;
  readonly users: readonly string[];
}

export interface PresenceNow {
  readonly version: number;
  readonly users: readonly string[];
}

export interface ServerOwnStanding {
  readonly role: string;
}

export interface ServerAck {
  readonly type: "ack";
  readonly re: number;
  readonly room: string;
  readonly cid: string;
  readonly epoch: string;
  readonly seq: number;
  readonly time: number;
  readonly salt: string;
  readonly chain: string;
  readonly dup: boolean;
  readonly durable: Durability;
}

export type Durability = "memory" | "disk" | "replicated";

export interface ServerPage {
  readonly type: "page";
  readonly re: number;
  readonly room: string;
  readonly epoch: string;
  readonly messages: readonly Entry[];
  readonly more: boolean;
  readonly min: number;
  readonly prev: string;
}

export interface ServerPresence {
  readonly type: "presence";
  readonly re?: number;
  readonly room: string;
  readonly version: number;
  readonly users?: readonly string[];
  readonly count?: number;
  readonly join?: readonly string[];
  readonly leave?: readonly ServerDeparture[];
}

export interface ServerDeparture {
  readonly user: string;
  readonly why: string;
}

export interface ServerTyping {
  readonly type: "typing";
  readonly room: string;
  readonly user: string;
}

export interface ServerMarks {
  readonly type: "marks";
  readonly room: string;
  readonly marks: readonly UserMark[];
}

export interface UserMark {
  readonly user: string;
  readonly read: number;
  readonly recv: number;
}

export interface ServerMessage {
  readonly type: "message";
  readonly room: string;
  readonly epoch: string;
  readonly seq: number;
  readonly from: string;
  readonly cid: string;
  readonly time: number;
  readonly kind: string;
  readonly body: string;
  readonly salt: string;
  readonly reply_to?: number;
  readonly target?: number;
  readonly digest?: string;
}

export interface ServerGap {
  readonly type: "gap";
  readonly room: string;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

export interface ServerHead {
  readonly type: "head";
  readonly room: string;
  readonly seq: number;
}

export interface ServerActivity {
  readonly type: "activity";
  readonly room: string;
  readonly seq: number;
  readonly from: string;
}

export interface ServerGoaway {
  readonly type: "goaway";
  readonly after_ms: number;
  readonly resume: string;
}

export interface ServerClosed {
  readonly type: "closed";
  readonly room: string;
  readonly reason: string;
}

export interface ServerError {
  readonly type: "error";
  readonly re?: number;
  readonly code: Code;
  readonly message: string;
  readonly retry: Retry;
  readonly after_ms?: number;
  readonly cid?: string;
  readonly seq?: number;
}

export type Code = "bad_request" | "unauthorized" | "forbidden" | "not_found" | "conflict" | "too_large" | "rate_limited" | "overloaded" | "not_owner" | "store_unavailable" | "storage_full" | "timeout" | "internal";

export type Retry = "never" | "same" | "after" | "resume" | "reauth";
