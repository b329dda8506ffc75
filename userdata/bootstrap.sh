#!/bin/sh
#spotd-daemon
# spotd bootstrap: installs the daemon that reports this spot instance's
# notices and readiness. Works in the background, always exits 0, and leaves
# the owner's own user data alone.
#spotd-daemon-end
#spotd-alone
# autospotting: what comes after this waits, 2 minutes at most, until the instance
# is a member of its Auto Scaling group. Always exits 0, and leaves nothing.
#spotd-alone-end
#spotd-settings
#spotd-settings-end
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
umask 022
root=$SPOTD_PREFIX # of tests

has() { command -v "$1" >/dev/null 2>&1; }
say() {
  echo "spotd-bootstrap: $*" >>"$log" # opened anew: a getty may hang up the console
  has logger && logger -t spotd-bootstrap -- "$*" 2>/dev/null
}

# py: whatever Python there is; cloud-init brings one.
py() {
  for p in python3 python /usr/libexec/platform-python python2; do
    has "$p" && { "$p" "$@"; return; }
  done
  return 127
}

# surroundings: what the environment does not name, from the files of administrators:
# proxies, and where the metadata is.
surroundings() {
  imds=aws_ec2_metadata_service_endpoint
  for name in http_proxy https_proxy no_proxy $imds ${imds}_mode; do
    upper=$(echo "$name" | tr '[:lower:]' '[:upper:]') value=
    eval "value=\${$name:-\$$upper}"
    for file in "$root/etc/environment" "$root/etc/default/spotd"; do
      [ -z "$value" ] && [ -r "$file" ] &&
        value=$(sed -n "s/^$name=//p;s/^$upper=//p" "$file" | sed '$!d' | tr -d "\"'")
    done
    [ -n "$value" ] && export "$name=$value" "$upper=$value"
  done
  # The metadata is never asked by way of a proxy.
  [ -n "$http_proxy$https_proxy" ] && no_proxy=169.254.169.254,fd00:ec2::254,${no_proxy:-localhost} &&
    export "no_proxy=$no_proxy" "NO_PROXY=$no_proxy"
}

#spotd-daemon
# fetch URL FILE: with whatever is there; each attempt is bounded.
fetch() {
  has curl && curl -fsSL --connect-timeout 5 --max-time 300 -o "$2" "$1" && return
  case $(wget --help 2>&1) in
    *-T*) wget -q -T 60 -t 1 -O "$2" "$1" && return ;;
    *busybox* | *BusyBox*) wget -q -O "$2" "$1" && return ;;
  esac
  py -c 'import sys
try: import urllib.request as u
except ImportError: import urllib2 as u
open(sys.argv[2],"wb").write(u.urlopen(sys.argv[1],timeout=60).read())' "$1" "$2"
}

# signed URL FILE REGION: from S3 as the instance's role (IMDSv2, signature 4).
# Python, since curl signs rightly for S3 only from 8.1 on. No redirect is followed: neither
# the metadata's token nor the keys' go anywhere else.
signed() {
  py -c 'import sys,os,time,hmac,json,hashlib
try: import urllib.request as u
except ImportError: import urllib2 as u
url,out,region=sys.argv[1:]
e=os.environ.get
imds="AWS_EC2_METADATA_SERVICE_ENDPOINT"
host="[fd00:ec2::254]" if e(imds+"_MODE","").lower()=="ipv6" else "169.254.169.254"
meta=(e(imds) or "http://"+host).rstrip("/")+"/latest/"
class Stay(u.HTTPRedirectHandler):
  def redirect_request(self,*a): return None
direct=u.build_opener(u.ProxyHandler({}),Stay)
r=u.Request(meta+"api/token",b"",{"X-aws-ec2-metadata-token-ttl-seconds":"300"})
r.get_method=lambda:"PUT"
token=direct.open(r,timeout=5).read(65536).decode()
def get(p): return direct.open(u.Request(meta+p,None,{"X-aws-ec2-metadata-token":token}),timeout=5).read(65536).decode()
p="meta-data/iam/security-credentials/"
c=json.loads(get(p+get(p).split()[0]))
host,path=url.split("/",3)[2:]
now=time.strftime("%Y%m%dT%H%M%SZ",time.gmtime())
body="UNSIGNED-PAYLOAD"
h={"host":host,"x-amz-content-sha256":body,"x-amz-date":now,"x-amz-security-token":c["Token"]}
names=";".join(sorted(h))
request="\n".join(["GET","/"+path,""]+[k+":"+h[k] for k in sorted(h)]+["",names,body])
scope="/".join([now[:8],region,"s3","aws4_request"])
mac=lambda k,s: hmac.new(k,s.encode(),hashlib.sha256)
key=("AWS4"+c["SecretAccessKey"]).encode()
for s in scope.split("/"): key=mac(key,s).digest()
text="\n".join(["AWS4-HMAC-SHA256",now,scope,hashlib.sha256(request.encode()).hexdigest()])
h["Authorization"]="AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s"%(c["AccessKeyId"],scope,names,mac(key,text).hexdigest())
open(out,"wb").write(u.build_opener(Stay).open(u.Request(url,None,h),timeout=60).read())' "$@"
}

# obtain URL FILE: S3 without a signature first, for a public release needs no role.
obtain() {
  url=$1 region=${SPOTD_TOPIC#arn:*:sns:}
  region=${region%%:*}
  case $url in
    s3://*)
      name=${url#s3://} host=s3.$region.amazonaws.com
      case $region in cn-*) host=$host.cn ;; esac
      url=${SPOTD_S3:-https://$host}/$name
      ;;
    https://*.s3.*.amazonaws.com*/*) host=${url#*.s3.} region=${host%%.*} ;;
    https://s3.*.amazonaws.com*/*) host=${url#https://s3.} region=${host%%.*} ;;
    *)
      fetch "$url" "$2"
      return
      ;;
  esac
  fetch "$url" "$2" 2>/dev/null || signed "$url" "$2" "$region"
}

# sum FILE: its SHA-256 in hex; empty when nothing can compute it.
sum() {
  if has sha256sum; then sha256sum <"$1" | cut -d' ' -f1
  elif has openssl; then openssl dgst -sha256 <"$1" | sed 's/.*[ =]//'
  else py -c 'import sys,hashlib
print(hashlib.sha256(open(sys.argv[1],"rb").read()).hexdigest())' "$1"
  fi
}

# usable DIR: it can be made, written to, and programs run from it.
usable() {
  mkdir -p "$1" 2>/dev/null && printf '#!/bin/sh\n' 2>/dev/null >"$1/.spotd-probe" &&
    chmod 755 "$1/.spotd-probe" && "$1/.spotd-probe" 2>/dev/null
  ok=$?
  rm -f "$1/.spotd-probe"
  return $ok
}

place() {
  for dir in "$root/usr/local/bin" "$root/opt/spotd"; do
    usable "$dir" && return
  done
  say "cannot install: neither /usr/local/bin nor /opt/spotd takes programs"
  return 1
}

# download URL SHA256: leaves $dir/spotd, whose checksum was right.
download() {
  [ -f "$dir/spotd" ] && [ "$(sum "$dir/spotd")" = "$2" ] && return
  new="$dir/.spotd-new.$$" try=0
  while [ $try -lt "${SPOTD_TRIES:-10}" ]; do
    [ $try -gt 0 ] && sleep "${SPOTD_WAIT:-$((try * 3))}"
    try=$((try + 1))
    if ! why=$(obtain "$1" "$new" 2>&1); then
      say "download $try of $1 failed: ${why##*
}"
      continue
    fi
    got=$(sum "$new")
    if [ "$got" = "$2" ]; then
      chmod 755 "$new" && mv -f "$new" "$dir/spotd"
      return
    fi
    say "checksum of $1 is ${got:-not computable}, want $2: not run"
  done
  rm -f "$new"
  return 1
}

# environment: what was exported above goes to the service, unless the owner's own
# file is there.
environment() {
  file="$root/etc/default/spotd" mark='# by the spotd bootstrap' text=
  [ -e "$file" ] && ! grep -q "^$mark" "$file" && return
  imds=AWS_EC2_METADATA_SERVICE_ENDPOINT
  for name in $SPOTD_ENV HTTP_PROXY HTTPS_PROXY NO_PROXY $imds ${imds}_MODE; do
    eval "value=\$$name"
    case $value in
      '') ;;
      *\'*) say "$name holds a quote and is not handed to the service" ;;
      *) text="$text$name='$value'
" ;;
    esac
  done
  # Proxies may have passwords, so only root may read it: systemd does so as root.
  [ -n "$text" ] && mkdir -p "$root/etc/default" && rm -f "$file" && (umask 077 && printf '%s\n%s' "$mark" "$text" >"$file")
}

setup() {
  case ${SPOTD_MACHINE:-$(uname -m)} in
    x86_64 | amd64) arch=amd64 sha=$SPOTD_SHA256_AMD64 ;;
    aarch64 | arm64) arch=arm64 sha=$SPOTD_SHA256_ARM64 ;;
    *) arch=$(uname -m) sha= ;;
  esac
  if [ -z "$sha" ]; then
    say "no spotd for $arch"
    return
  fi
  surroundings
  place || return
  download "$SPOTD_URL/spotd-linux-$arch" "$sha" || return
  environment
  spotd="$dir/spotd"
  set -- --topic "$SPOTD_TOPIC" --group "$SPOTD_GROUP" --grace "$SPOTD_GRACE"
  [ -n "$SPOTD_PROBE" ] && set -- "$@" --probe "$SPOTD_PROBE"
  # One that runs already, of ours or of the image's package, would go on with what it was started with.
  if out=$("$spotd" install "$@" 2>&1) && { "$spotd" restart >/dev/null 2>&1 || out=$("$spotd" start 2>&1); }; then
    rm -f "$again"
    say "installed and started $spotd $SPOTD_VERSION"
  else
    say "no service manager took it: $out: running $spotd by itself"
    # What is installed might start a second one beside ours, later.
    "$spotd" uninstall
    exec "$spotd" run "$@" >>"$log" 2>&1
  fi
}

#spotd-daemon-end
#spotd-await
# look URL ITEM: asks the metadata once, and succeeds when the item is there (200). IMDSv2, or v1
# where no token is to be had. No redirect is followed, and no proxy asked.
look() {
  ttl=X-aws-ec2-metadata-token-ttl-seconds token=X-aws-ec2-metadata-token
  if has curl; then
    key=$(curl -gsf -m 2 --noproxy '*' -X PUT -H "$ttl: 60" "$1api/token")
    [ "$(curl -gs -m 2 --noproxy '*' -o /dev/null -w '%{http_code}' ${key:+-H "$token: $key"} "$1$2")" = 200 ]
    return
  fi
  py -c 'import sys
try: from http.client import HTTPConnection as C
except ImportError: from httplib import HTTPConnection as C
host,path=sys.argv[1].split("//")[1].split("/",1)
def ask(m,p,h):
  c=C(host,timeout=2)
  c.request(m,"/"+path+p,None,h)
  r=c.getresponse()
  return r.status,r.read(65536).decode()
h={}
try:
  n,key=ask("PUT","api/token",{sys.argv[3]:"60","Content-Length":"0"})
  if n==200: h[sys.argv[4]]=key
except Exception: pass
sys.exit(ask("GET",sys.argv[2],h)[0]!=200)' "$1" "$2" $ttl $token
}

# await: the owner's part begins once this instance is a member of its group, or SPOTD_AWAIT
# seconds after ours began. The result is left for spotd. The clock may jump while the
# machine boots, so time is counted by its uptime. The last look may take 4 s more.
await() {
  surroundings
  host=169.254.169.254
  case $AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE in [Ii][Pp][Vv]6) host='[fd00:ec2::254]' ;; esac
  host=${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://$host} is=no-member
  while :; do
    look "${host%/}/latest/" meta-data/autoscaling/target-lifecycle-state && is=member && break
    read -r now _ </proc/uptime || break
    [ $((${now%.*} - ${begun:-0})) -lt "${SPOTD_PATIENCE:-$SPOTD_AWAIT}" ] || break
    sleep 1
  done
  echo $is >"$member"
  say "the boot goes on: $is"
}

read -r begun _ </proc/uptime
begun=${begun%.*} member=/dev/null
#spotd-daemon
member="$root/var/run/spotd-member"
[ -n "$root" ] && mkdir -p "${member%/*}" 2>/dev/null
{ echo waiting >"$member"; } 2>/dev/null # before spotd can look
#spotd-daemon-end
#spotd-await-end
#spotd-daemon
# The owner's part may reboot the machine before we are done. cloud-init then
# runs this again.
again="$root/var/lib/cloud/scripts/per-boot/000-spotd"
[ -d "${again%/*}" ] && cp "$0" "$again" 2>/dev/null
#spotd-daemon-end

log=${SPOTD_LOG:-/dev/console}
(: >>"$log") 2>/dev/null || log=/dev/null
#spotd-daemon
# exec, not a redirection of setup: a shell keeps the old output open beside
# the latter, and whoever reads our output would wait for the download.
(
  trap '' HUP # as nohup: what is started here outlives the one who started it
  exec >/dev/null 2>&1 </dev/null
  setup
) &
#spotd-daemon-end
#spotd-await
# Beside the installation: neither holds up the other.
await >/dev/null 2>&1 </dev/null
#spotd-await-end
#spotd-daemon
[ -n "$SPOTD_FOREGROUND" ] && wait
#spotd-daemon-end
exit 0
