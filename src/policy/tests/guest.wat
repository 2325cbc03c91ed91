;; A policy by hand: version 0.1 of the interface around the core functions that a test puts in
;; at the names in braces. Memory and its allocator are a module of their own, so that the host's
;; functions can be lowered before the policy's code exists.
(component
  {imports}
  (type $types-type (instance
    (type $direction' (enum "inbound" "outbound"))
    (export "direction" (type $direction (eq $direction')))
    (type $kind' (enum "text" "typing" "read-receipt" "end"))
    (export "kind" (type $kind (eq $kind')))
    (type $trust' (enum "blocked" "unknown" "known" "owner"))
    (export "trust" (type $trust (eq $trust')))
    (type $prior' (record (field "policy" string) (field "key" string) (field "value" string)))
    (export "prior-annotation" (type $prior (eq $prior')))
    (type $message' (record
      (field "direction" $direction) (field "kind" $kind) (field "trust" $trust)
      (field "released" bool) (field "id" string) (field "from" string) (field "to" string)
      (field "conversation" (option string)) (field "turn" (option u64))
      (field "content" string) (field "received-at" u64) (field "annotations" (list $prior))))
    (export "message" (type $message (eq $message')))
    (type $rejection' (record
      (field "code" string) (field "reason" string) (field "retry-after-ms" (option u64))))
    (export "rejection" (type $rejection (eq $rejection')))
    (type $hold' (record
      (field "code" string) (field "reason" string) (field "until" (option u64))))
    (export "hold" (type $hold (eq $hold')))
    (type $verdict' (variant
      (case "pass") (case "rewrite" string) (case "reject" $rejection) (case "hold" $hold)))
    (export "verdict" (type $verdict (eq $verdict')))
    (type $annotation' (record (field "key" string) (field "value" string)))
    (export "annotation" (type $annotation (eq $annotation')))
    (type $decision' (record
      (field "verdict" $verdict) (field "annotations" (list $annotation))))
    (export "decision" (type $decision (eq $decision')))
    (type $note' (record (field "key" string) (field "value" string)))
    (export "note" (type $note (eq $note')))
    (type $description' (record
      (field "name" string) (field "version" string) (field "directions" (list $direction))
      (field "may-pass-on-failure" bool) (field "settings-schema" string)
      (field "notes" (list $note))))
    (export "description" (type $description (eq $description')))
    (type $setting-error' (record (field "setting" string) (field "problem" string)))
    (export "setting-error" (type $setting-error (eq $setting-error')))
  ))
  (import "opendialogue:policy/types@0.1.0" (instance $types (type $types-type)))
  (import "opendialogue:policy/state@0.1.0" (instance $state
    (type $set-error' (enum "key-length" "value-length" "quota" "unavailable"))
    (export "set-error" (type $set-error (eq $set-error')))
    (export "get" (func (param "key" (list u8)) (result (option (list u8)))))
    (export "set" (func (param "key" (list u8)) (param "value" (list u8))
      (result (result (error $set-error)))))
    (export "delete" (func (param "key" (list u8))))
  ))
  (import "opendialogue:policy/time@0.1.0" (instance $time
    (export "now" (func (result u64)))))
  (import "opendialogue:policy/log@0.1.0" (instance $log
    (type $level' (enum "debug" "info" "warn" "error"))
    (export "level" (type $level (eq $level')))
    (export "write" (func (param "level" $level) (param "text" string)))))

  (core module $memory-module
    (memory (export "memory") 32)
    (global $next (mut i32) (i32.const 0x80000))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (if (i32.gt_u (global.get $next) (i32.const 0x100000))
        (then (global.set $next (i32.const 0x80000))))
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $memory (instantiate $memory-module))
  (alias core export $memory "memory" (core memory $mem))
  (alias core export $memory "realloc" (core func $realloc))

  (core func $get (canon lower (func $state "get") (memory $mem) (realloc $realloc)))
  (core func $set (canon lower (func $state "set") (memory $mem)))
  (core func $delete (canon lower (func $state "delete") (memory $mem)))
  (core func $now (canon lower (func $time "now")))
  (core func $write (canon lower (func $log "write") (memory $mem)))
  (core instance $host
    (export "get" (func $get)) (export "set" (func $set))
    (export "delete" (func $delete))
    (export "now" (func $now)) (export "write" (func $write)))

  (core module $policy-module
    (import "memory" "memory" (memory $mem 32))
    (import "host" "get" (func $get (param i32 i32 i32)))
    (import "host" "set" (func $set (param i32 i32 i32 i32 i32)))
    (import "host" "delete" (func $delete (param i32 i32)))
    (import "host" "now" (func $now (result i64)))
    (import "host" "write" (func $write (param i32 i32 i32)))
    ;; Where the description, the answer of `configure` and the decision lie.
    {data}
    {start}
    (global $count (mut i32) (i32.const 0))
    (func (export "describe") (result i32) {describe})
    (func (export "configure") (param $settings i32) (param $settings-len i32) (result i32)
      {configure})
    (func $evaluate (export "evaluate") (param $message i32) (result i32)
      (local $n i32)
      {evaluate}))
  (core instance $policy (instantiate $policy-module
    (with "memory" (instance $memory)) (with "host" (instance $host))))

  (alias export $types "message" (type $message))
  (alias export $types "decision" (type $decision))
  (alias export $types "description" (type $description))
  (alias export $types "setting-error" (type $setting-error))
  (func $describe (result $description)
    (canon lift (core func $policy "describe") (memory $mem)))
  (func $configure (param "settings-json" string)
    (result (result (error (list $setting-error))))
    (canon lift (core func $policy "configure") (memory $mem) (realloc $realloc)))
  (func $judge (param "message" $message) (result $decision)
    (canon lift (core func $policy "evaluate") (memory $mem) (realloc $realloc)))
  (export "describe" (func $describe))
  (export "configure" (func $configure))
  (export "{evaluate-name}" (func $judge)))
