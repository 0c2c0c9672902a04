"""The parts of serve.py: deployed as one file, read and tested as modules of one matter each.

    main ─┬─ network                where it listens
          └─ supervisor ─┬─ schedule              when the next worker starts
                         ├─ workers               who serves, who is coming, who is leaving
                         ├─ status                gateway.status.json
                         ├─ leash                 the command that started it, while it is tried
                         ├─ log                   where its output goes
                         ├─ failure, redact       why a worker failed, without secrets
                         └─ launcher ─┬─ source, environment   what a worker is started with
                                      └─ worker ─┬─ application   LiteLLM, when it may be served
                                                 └─ server        drain, x-gateway-revision

main.py is the program. A part imports another with `from .part import name`, at its top, under
that name. tasks/core/catalogue/assembly.py puts each part behind those that it imports, and every
other import once at the top. The parts share one set of names then: no two define the same one.
"""
