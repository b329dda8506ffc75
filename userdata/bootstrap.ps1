#spotd-daemon
# spotd bootstrap for Windows: installs the daemon that reports this spot
# instance's notices and readiness. Works in the background, always exits 0,
# and leaves the owner's own user data alone.
#spotd-daemon-end
#spotd-alone
# autospotting: what comes after this waits, 2 minutes at most, until the instance
# is a member of its Auto Scaling group. Always exits 0, and leaves nothing.
#spotd-alone-end
param([switch]$Detached)
#spotd-settings
#spotd-settings-end
#spotd-daemon
$dir = "$env:ProgramData\spotd"
$owned = $false
#spotd-daemon-end
#spotd-await
$clock = [System.Diagnostics.Stopwatch]::StartNew()
#spotd-await-end

#spotd-daemon
# Own makes the folder SYSTEM's and the Administrators' alone, for what stands in it runs as
# SYSTEM. Below ProgramData anybody may make one: a folder of another's is not used.
function Own {
  $acl = New-Object System.Security.AccessControl.DirectorySecurity
  $acl.SetSecurityDescriptorSddlForm('O:BAG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)')
  if (-not (Test-Path $dir)) { [System.IO.Directory]::CreateDirectory($dir, $acl) | Out-Null }
  $owner = (Get-Acl -Path $dir).GetOwner([System.Security.Principal.SecurityIdentifier]).Value
  if (@('S-1-5-18', 'S-1-5-32-544') -notcontains $owner) { throw "$dir belongs to $($owner): remove it" }
  Set-Acl -Path $dir -AclObject $acl
  $script:owned = $true
}

#spotd-daemon-end
function Say($text) {
  $line = "$(Get-Date -Format s) spotd-bootstrap: $text"
#spotd-daemon
  try { if ($owned) { Add-Content -Path "$dir\bootstrap.log" -Value $line } } catch { }
#spotd-daemon-end
  try { # the console that EC2 shows
    $port = New-Object -TypeName System.IO.Ports.SerialPort -ArgumentList @('COM1', 115200)
    $port.Open(); $port.WriteLine($line); $port.Close()
  } catch { }
  try { # where other services log
    New-EventLog -LogName Application -Source spotd-bootstrap -ErrorAction SilentlyContinue
    Write-EventLog -LogName Application -Source spotd-bootstrap -EventId 1 -Message $text
  } catch { }
}

#spotd-daemon
# Fetch: by HTTP through the machine's proxy; from S3 as the instance's role, by
# the tools that AWS's images come with.
function Fetch($url, $file) {
  if ($url -match '^s3://([^/]+)/(.+)$') {
    $region = $SPOTD_TOPIC.Split(':')[3]
    Read-S3Object -BucketName $Matches[1] -Key $Matches[2] -File $file -Region $region | Out-Null
    return
  }
  $client = New-Object System.Net.WebClient
  if ($env:HTTPS_PROXY) { $client.Proxy = New-Object System.Net.WebProxy $env:HTTPS_PROXY }
  $client.DownloadFile($url, $file)
}

function Sum($file) {
  if (Test-Path $file) { (Get-FileHash -Algorithm SHA256 -Path $file).Hash.ToLower() }
}

# Download leaves spotd.new.exe, whose checksum is right, or throws.
function Download($url, $new) {
  for ($try = 1; $try -le 10; $try++) {
    try {
      Fetch $url $new
      $got = Sum $new
      if ($got -eq $SPOTD_SHA256_WINDOWS_AMD64) { return }
      Say "checksum of $url is $got, want $($SPOTD_SHA256_WINDOWS_AMD64): not run"
    } catch { Say "download $try of $url failed: $_" }
    Remove-Item -Force -ErrorAction SilentlyContinue $new
    Start-Sleep -Seconds ($try * 3)
  }
  throw 'given up'
}

function Install {
  $exe = "$env:ProgramFiles\spotd\spotd.exe"
  New-Item -ItemType Directory -Force -Path (Split-Path $exe) | Out-Null
  if ((Sum $exe) -ne $SPOTD_SHA256_WINDOWS_AMD64) {
    Download "$SPOTD_URL/spotd-windows-amd64.exe" "$exe.new"
  }
  # One that runs already would go on with what it was started with.
  if (Test-Path $exe) { & $exe stop 2>&1 | Out-Null }
  if (Test-Path "$exe.new") { Move-Item -Force "$exe.new" $exe }
  $flags = @('--topic', $SPOTD_TOPIC, '--group', $SPOTD_GROUP, '--grace', $SPOTD_GRACE)
  if ($SPOTD_PROBE) { $flags += @('--probe', $SPOTD_PROBE) }
  & $exe install @flags 2>&1 | ForEach-Object { Say $_ }
  # The service's own environment, which anybody may read, as user data.
  $names = "$SPOTD_ENV AWS_EC2_METADATA_SERVICE_ENDPOINT AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE".Trim().Split(' ')
  $values = @($names | Select-Object -Unique | ForEach-Object {
    $value = [Environment]::GetEnvironmentVariable($_)
    if ($value) { "$_=$value" }
  })
  if ($values.Count -gt 0) {
    New-ItemProperty -Force -Path 'HKLM:\SYSTEM\CurrentControlSet\Services\spotd' -Name Environment -PropertyType MultiString -Value $values | Out-Null
  }
  & $exe start 2>&1 | ForEach-Object { Say $_ }
  Say "installed $exe $SPOTD_VERSION"
}

#spotd-daemon-end
#spotd-await
#spotd-daemon
# Mark leaves for spotd how the wait stands.
function Mark($text) {
  if ($owned) { Set-Content -Path "$dir\member" -Value $text -Encoding ASCII }
}
#spotd-daemon-end

# Ask sends one request to the metadata: no proxy, no redirect.
function Ask($method, $path, $name, $value) {
  $base = $env:AWS_EC2_METADATA_SERVICE_ENDPOINT
  if (-not $base) {
    $base = 'http://169.254.169.254'
    if ($env:AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE -eq 'IPv6') { $base = 'http://[fd00:ec2::254]' }
  }
  $request = [System.Net.WebRequest]::Create("$($base.TrimEnd('/'))/latest/$path")
  $request.Method = $method
  $request.Timeout = 2000
  $request.Proxy = $null
  $request.AllowAutoRedirect = $false
  if ($method -eq 'PUT') { $request.ContentLength = 0 }
  if ($value) { $request.Headers.Add("X-aws-ec2-metadata-$name", $value) }
  $answer = $request.GetResponse()
  try {
    if ([int]$answer.StatusCode -ne 200) { throw "status $([int]$answer.StatusCode)" }
    (New-Object System.IO.StreamReader($answer.GetResponseStream())).ReadToEnd()
  } finally { $answer.Close() }
}

# Await: the agent runs the owner's part once this instance is a member of its group, or
# SPOTD_AWAIT seconds after ours began. The last look may take 4 s more.
function Await {
  $is = 'no-member'
  while ($is -ne 'member') {
    $token = ''
    try { $token = Ask 'PUT' 'api/token' 'token-ttl-seconds' '60' } catch { }
    try {
      Ask 'GET' 'meta-data/autoscaling/target-lifecycle-state' 'token' $token | Out-Null
      $is = 'member'
    } catch {
      if ($clock.Elapsed.TotalSeconds -ge [int]$SPOTD_AWAIT) { break }
      Start-Sleep -Seconds 1
    }
  }
#spotd-daemon
  Mark $is
#spotd-daemon-end
  Say "the boot goes on: $is"
}
#spotd-await-end

#spotd-daemon
try {
  Own
#spotd-await
  if (-not $Detached) { Mark 'waiting' } # before spotd can look
#spotd-await-end
  if ($Detached) {
    [Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12
    Install
  } else {
    # A process of the system's own, for which no agent waits; by a name that nobody foresees.
    $copy = "$dir\bootstrap-$([guid]::NewGuid()).ps1"
    Copy-Item -Force $PSCommandPath $copy
    $run = "powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File `"$copy`" -Detached"
    Invoke-CimMethod -ClassName Win32_Process -MethodName Create -Arguments @{ CommandLine = $run } | Out-Null
  }
} catch { Say "failed: $_" }
#spotd-daemon-end
#spotd-await
# Beside the installation: neither holds up the other.
if (-not $Detached) { try { Await } catch { Say "failed: $_" } }
#spotd-await-end
#spotd-daemon
if ($Detached) { Remove-Item -Force -ErrorAction SilentlyContinue $PSCommandPath }
#spotd-daemon-end
exit 0
