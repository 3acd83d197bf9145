namespace AngoGateway.Bench.Peers;

/// <summary>nginx as it forwards: <see cref="Plain"/> verifies nothing; <see cref="EqualWork"/> does in Lua what the gateway does in <c>proxy</c> mode.</summary>
internal static class Nginx
{
    public static Peer Plain { get; } = new("nginx", static ground => StartAsync(ground, lua: false)) { Verifies = false };

    public static Peer EqualWork { get; } = new("nginx + lua, equal work", static ground => StartAsync(ground, lua: true));

    // Verify, parse, key, remember; a failed event is forgotten again. ngx.hmac_sha1 is OpenSSL's, cjson is written in C.
    private const string Handlers =
        """
              access_by_lua_block {
                ngx.req.read_body()
                local body = ngx.req.get_body_data()
                if not body then return ngx.exit(413) end
                local mac = string.format(hex, ngx.hmac_sha1(secret, body):byte(1, 20))
                if mac ~= ngx.var.http_x_hub_signature then return ngx.exit(401) end
                local payload = cjson.decode(body)
                local task = payload and payload.task
                if not task then return ngx.exit(400) end
                local key = table.concat({ payload.projectId or "", task.taskId, task.stageId or task.stage, task.updatedAt }, "|")
                if not ngx.shared.seen:add(key, true, 31536000) then
                  ngx.status = 200
                  ngx.say('{"status":"duplicate"}')
                  return ngx.exit(200)
                end
                ngx.ctx.key = key
              }
              log_by_lua_block {
                if ngx.ctx.key and ngx.status >= 400 then ngx.shared.seen:delete(ngx.ctx.key) end
              }
        """;

    private static Task<Stand> StartAsync(PeerGround ground, bool lua) => PeerGround.StartAsync(
        static (_, folder) => ["nginx", "-p", folder, "-c", Path.Combine(folder, "nginx.conf")],
        (address, folder) => [("nginx.conf", Config(ground, address, folder, lua))]);

    // Two processes, as many as there are cores. Connections stay open on both sides. Payloads stay in memory: plain nginx passes them
    // on as they come, Lua needs them whole.
    private static string Config(PeerGround ground, Uri address, string folder, bool lua) =>
        $$"""
        {{(lua ? "load_module /usr/lib/nginx/modules/ndk_http_module.so;\nload_module /usr/lib/nginx/modules/ngx_http_lua_module.so;" : "")}}
        daemon off;
        user root;
        worker_processes auto;
        pid {{folder}}/pid;
        error_log stderr warn;
        events { worker_connections 2048; }
        http {
          access_log off;
          client_body_temp_path {{folder}}/body;
          proxy_temp_path {{folder}}/proxy;
          fastcgi_temp_path {{folder}}/fastcgi;
          uwsgi_temp_path {{folder}}/uwsgi;
          scgi_temp_path {{folder}}/scgi;
          client_max_body_size 32m;
          client_body_buffer_size {{(lua ? "16m" : "64k")}};
          keepalive_requests 1000000000;
          {{(lua ? Lua : "")}}
          upstream service {
            server {{ground.Upstream.Addresses[0].Authority}};
            keepalive 128;
            keepalive_requests 1000000000;
          }
          server {
            listen {{address.Authority}};
            location = {{Webhooks.Path}} {
        {{(lua ? Handlers : "")}}
              proxy_pass http://service;
              proxy_http_version 1.1;
              proxy_set_header Connection "";
              proxy_request_buffering {{(lua ? "on" : "off")}};
            }
          }
        }
        """;

    private const string Lua =
        $$"""
          lua_shared_dict seen 512m;
          init_by_lua_block {
            cjson = require "cjson.safe"
            secret = "{{Webhooks.Secret}}"
            hex = ("%02x"):rep(20)
          }
        """;
}
