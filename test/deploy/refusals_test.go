package deploy_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"autospotting/coordinator/decide/books"
	"autospotting/coordinator/ledger"
)

func fault(code, message string) string {
	return `<ErrorResponse><Error><Type>Sender</Type><Code>` + code + `</Code><Message>` + message + `</Message></Error><RequestId>1</RequestId></ErrorResponse>`
}

// instead answers one action with an error.
func instead(name string, status int, code, message string) func(*http.Request, []byte) (int, string) {
	return func(r *http.Request, body []byte) (int, string) {
		if action(r, body) != name {
			return 0, ""
		}
		return status, fault(code, message)
	}
}

func TestWhatStandsInTheWayIsSaidInOneLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		answer func(*http.Request, []byte) (int, string)
		more   []string
		says   []string
	}{
		{"wrong credentials", instead("GetCallerIdentity", 403, "InvalidClientTokenId", "The security token included in the request is invalid."), nil, []string{"credentials are not accepted", "--profile"}},
		{"credentials that have expired", instead("GetCallerIdentity", 403, "ExpiredToken", "The security token included in the request is expired"), nil, []string{"expired", "sign in again"}},
		{"missing rights", instead("CreateChangeSet", 403, "AccessDenied", "User: arn:aws:iam::1:user/me is not authorized to perform: cloudformation:CreateChangeSet"), nil, []string{"not allowed", "cloudformation:CreateChangeSet", "docs/install.md"}},
		{"a bucket of another owner", func(r *http.Request, _ []byte) (int, string) {
			if r.Method == http.MethodHead && strings.HasPrefix(r.URL.Path, "/theirs") {
				return 403, ""
			}
			return 0, ""
		}, []string{"--bucket", "theirs"}, []string{"bucket theirs belongs to another account", "--bucket"}},
		{"a bucket that is not there", nil, []string{"--bucket", "nowhere"}, []string{"there is no bucket nowhere"}},
		{"a parameter that is none", nil, []string{"--parameter", "Grase=1s"}, []string{"Grase", "no such parameter", "Grace"}},
		{"a version that is not packaged", nil, []string{"--version", "v9"}, []string{"not packaged", "v9"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.answer = c.answer
			_, said, err := a.deploy(append([]string{"up", "--yes", "--dist", lab.dist, "--version", "v1"}, c.more...)...)
			if err == nil {
				t.Fatalf("it succeeded: %s", said)
			}
			var lines []string
			for line := range strings.Lines(said) {
				if strings.HasPrefix(line, "spotctl: ") {
					lines = append(lines, line)
				}
			}
			if len(lines) != 1 {
				t.Fatalf("%d lines say why:\n%s", len(lines), said)
			}
			for _, want := range c.says {
				if !strings.Contains(lines[0], want) {
					t.Errorf("it says %q, which lacks %q", lines[0], want)
				}
			}
		})
	}
}

// record writes the group's record, as the coordinator would.
func (a *account) record(r ledger.Record) {
	a.t.Helper()
	body, err := r.Encode()
	if err != nil {
		a.t.Fatal(err)
	}
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	if _, err := dynamodb.NewFromConfig(a.config()).PutItem(a.t.Context(), &dynamodb.PutItemInput{TableName: aws.String("autospotting-ledger"), Item: map[string]types.AttributeValue{
		"asg": text(r.Group), "body": text(string(body)), "revision": &types.AttributeValueMemberN{Value: "1"}, "unfinished": &types.AttributeValueMemberBOOL{Value: r.Open()}}}); err != nil {
		a.t.Fatal(err)
	}
}

func TestDownRefusesWhileInstancesAreReplacedUnlessItIsForced(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.group("web")
	a.up("v1")
	a.record(ledger.Record{Group: "web", Intents: []ledger.Intent{{Victim: "i-1"}}})
	_, said, err := a.deploy("down", "--yes")
	if err == nil || !strings.Contains(said, "web: 1 replacements are launched") || !strings.Contains(said, "--force") {
		t.Fatalf("it said (%v) %s", err, said)
	}
	if a.variable("AUTOSPOTTING_TABLE") == "" {
		t.Error("the function is gone")
	}
	if out, _ := a.must("status"); !strings.Contains(out, "in flight: web") {
		t.Errorf("status shows %s", out)
	}
	if _, said := a.must("down", "--yes", "--force"); !strings.Contains(said, "left as it is: web") {
		t.Errorf("forced, it said %s", said)
	}
}

func TestDownHandsALeasedMaxSizeBack(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.group("web") // its MaxSize is 4
	a.up("v1")
	a.record(ledger.Record{Group: "web", Books: books.Edited(func(k *books.Stored) { k.Lease = &books.StoredLease{Owner: 3, Leased: 4, Tried: []int{4}} })})
	if _, said := a.must("down", "--yes"); !strings.Contains(said, "group web: MaxSize is 3 again") {
		t.Errorf("it said %s", said)
	}
	if most := a.maxOf("web"); most != 3 {
		t.Errorf("MaxSize is %d", most)
	}
}

// The ledger's name is fixed, so that a second installation in a region fails to install instead of competing. What was made of it
// is taken back, and once the reason is gone the same command installs.
func TestAStackThatWasRolledBackSaysWhyOnceAndIsMadeAnew(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	tables := dynamodb.NewFromConfig(a.config())
	theirs := aws.String("autospotting-ledger")
	if _, err := tables.CreateTable(t.Context(), &dynamodb.CreateTableInput{TableName: theirs, BillingMode: types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS}}}); err != nil {
		t.Fatal(err)
	}
	up := []string{"up", "--yes", "--dist", lab.dist, "--version", "v1"}
	_, said, err := a.deploy(up...)
	last := said[strings.LastIndex(strings.TrimRight(said, "\n"), "\n")+1:]
	if err == nil || strings.Count(said, "spotctl: ") != 1 || !strings.HasPrefix(last, "spotctl: up: stack autospotting is ROLLBACK_COMPLETE. The first cause: Ledger (AWS::DynamoDB::Table): ") || !strings.Contains(last, "already exists") {
		t.Fatalf("it ended with (%v) %s", err, last)
	}
	if out, _ := a.must("status"); !strings.Contains(out, "ROLLBACK_COMPLETE") {
		t.Errorf("status shows %s", out)
	}
	if _, said := a.must("down", "--yes", "--keep-artifacts"); !strings.Contains(said, "stack autospotting with all") {
		t.Errorf("down says %s", said)
	}
	if _, _, err = a.deploy(up...); err == nil {
		t.Error("it installed beside a table of the same name")
	}
	if _, err := tables.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: theirs}); err != nil {
		t.Fatal(err)
	}
	if _, said := a.must(up...); !strings.Contains(said, "stack autospotting is ROLLBACK_COMPLETE and can only be removed") || !strings.Contains(said, "CREATE_COMPLETE") {
		t.Errorf("the second run says %s", said)
	}
}

// What the groups carry belongs to the installation that works in the region, not to one of another name that failed beside it.
func TestAnInstallationThatFailedBesideAnotherLeavesItInPeace(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.group("web")
	a.up("v1")
	a.traces("web")
	if _, said, err := a.deploy("up", "--yes", "--dist", lab.dist, "--version", "v1", "--stack-name", "second"); err == nil || !strings.Contains(said, "first cause") {
		t.Fatalf("a second installation: %v %s", err, said)
	}
	if _, said := a.must("down", "--yes", "--stack-name", "second"); !strings.Contains(said, "stack autospotting is an installation in this region too") {
		t.Errorf("down says %s", said)
	}
	if tags := a.tagsOf("web"); !slices.Contains(tags, "autospotting:status") {
		t.Errorf("the group's tags are %v", tags)
	}
	if out, _ := a.must("list"); strings.Contains(out, "second") || !strings.Contains(out, "autospotting ") {
		t.Errorf("left are %s", out)
	}
}
