// Package stage puts the whole product on the simulated cloud: topics, queues, ledger table, event rules and tick, an owner's
// group, and the coordinator as the Lambda function that the real stack makes of it. The demo, the crash tests
// and the simulations start here.
package stage

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"autospotting/coordinator/handle"
	"autospotting/coordinator/identity"
	"autospotting/coordinator/ledger"
	"autospotting/coordinator/ledger/dynamo"
	"autospotting/coordinator/metrics"
	"autospotting/coordinator/settings"
	"autospotting/coordinator/wire"
	"autospotting/pkg/cloudsim"
	"autospotting/userdata"
)

// Config describes the stage; the zero value of every field is usable.
type Config struct {
	Cloud cloudsim.Config
	Group cloudsim.GroupSpec   // a group of 6 m5.large, min 2, max 6, by default
	More  []cloudsim.GroupSpec // groups beside it, of the same type
	Type  string               // the group's instance type, m5.large by default
	// UserData is the owner's, raw. Template, if set, may change the rest of what the owner's template says.
	UserData []byte
	Template func(*types.RequestLaunchTemplateData)
	Defaults settings.Settings // settings.Defaults() with a grace of 20 s by default
	// ReleaseURL and SHA256 say where instances get spotd from; the URL is only ever read by the guests.
	ReleaseURL string
	SHA256     map[string]string
	Profile    string        // the ARN of the installation's instance profile, for groups that have none and ask for it
	Tick       time.Duration // 5 min by default
	// Asleep leaves the functions off the queues, for who wants to handle the messages.
	Asleep  bool
	Tell    func(handle.Note)
	Metrics *metrics.EMF
	// Clients and Alter, if set, stand between the coordinator and the cloud, and between its parts: the deliberate mistakes by which
	// the checker is checked come in here.
	Clients func(wire.Clients) wire.Clients
	Alter   func(*handle.Handler)
}

// Stage is a running simulation of the product.
type Stage struct {
	Cloud            *cloudsim.Cloud
	Group            string
	ReportsARN       string
	EventsARN        string
	InboxURL         string
	ChangesURL       string
	WorkURL          string
	config           wire.Config
	cfg              Config
	owner            *cloudsim.Session
	mu               sync.Mutex
	records          map[string]ledger.Record
	Route, Reconcile *cloudsim.Function
}

// Session names of the two functions: everything that the coordinator does in the cloud is done under them.
const (
	RouteFunction     = "coordinator-route"
	ReconcileFunction = "coordinator-reconcile"
)

// New builds the cloud with an installed coordinator and the owner's group.
func New(cfg Config) (*Stage, error) {
	cfg = cfg.withDefaults()
	faults := cfg.Cloud.Faults
	cfg.Cloud.Faults = cloudsim.Faults{} // the installation itself is not under test
	s := &Stage{Cloud: cloudsim.New(cfg.Cloud), Group: cfg.Group.Name, records: map[string]ledger.Record{}}
	s.Cloud.OnEvent(s.written)
	s.owner = s.Cloud.NewSession("owner")
	ctx := context.Background()
	if err := errors.Join(s.messaging(ctx), s.table(ctx)); err != nil {
		return nil, err
	}
	verifier, err := identity.New(s.Cloud.Certificate())
	if err != nil {
		return nil, err
	}
	s.cfg = cfg
	s.config = wire.Config{
		Region: s.Cloud.Region(), InboxURL: s.InboxURL, WorkURL: s.WorkURL, Table: dynamo.DefaultTable,
		Topics: handle.Topics{Reports: s.ReportsARN, Events: s.EventsARN}, Defaults: cfg.Defaults, Verifier: verifier,
		Now: s.Cloud.Now, Tell: cfg.Tell, Metrics: cfg.Metrics, Profile: cfg.Profile,
		Spotd: userdata.Settings{Topic: s.ReportsARN, Grace: cfg.Defaults.Grace, ReleaseURL: cfg.ReleaseURL, SHA256: cfg.SHA256},
	}
	if cfg.ReleaseURL == "" {
		s.config.Spotd = userdata.Settings{}
	}
	if !cfg.Asleep {
		s.deploy()
	}
	s.Cloud.Tick(cfg.Tick, s.EventsARN)
	err = errors.Join(s.rules(), s.groups(ctx, cfg))
	s.Cloud.SetFaults(faults)
	return s, err
}

func (cfg Config) withDefaults() Config {
	g := &cfg.Group
	if g.Name == "" {
		g.Name = "web"
	}
	if g.Max == 0 { // none is described; one of no instances has room for some
		g.Min, g.Max, g.Desired = 2, 6, 6
	}
	if g.Tags == nil {
		g.Tags = map[string]string{"spot-enabled": "true"}
	}
	if cfg.Type == "" {
		cfg.Type = "m5.large"
	}
	if cfg.Tick == 0 {
		cfg.Tick = 5 * time.Minute
	}
	if cfg.Defaults.BootLimit == 0 {
		grace := cfg.Defaults.Grace
		cfg.Defaults = settings.Defaults()
		cfg.Defaults.Grace = cmp.Or(grace, 20*time.Second)
	}
	return cfg
}

func (s *Stage) table(ctx context.Context) error {
	_, err := s.owner.DynamoDB().CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: aws.String(dynamo.DefaultTable), BillingMode: ddbtypes.BillingModePayPerRequest,
		KeySchema:            []ddbtypes.KeySchemaElement{{AttributeName: aws.String("asg"), KeyType: ddbtypes.KeyTypeHash}},
		AttributeDefinitions: []ddbtypes.AttributeDefinition{{AttributeName: aws.String("asg"), AttributeType: ddbtypes.ScalarAttributeTypeS}},
	})
	return err
}

func (s *Stage) boot(session *cloudsim.Session) cloudsim.Handler { return s.Handler(session).SQS }

// Cold lets every invocation from now on begin in a new sandbox, which remembers nothing, as Lambda may at any time.
func (s *Stage) Cold() {
	s.Route.Redeploy(s.boot)
	s.Reconcile.Redeploy(s.boot)
}

// Handler is the coordinator on a session of the simulated cloud.
func (s *Stage) Handler(session *cloudsim.Session) *handle.Handler {
	clients := wire.Clients{EC2: session.EC2(), AutoScaling: session.AutoScaling(), TargetGroups: session.LoadBalancing(), Lattice: session.Lattice(), Rules: session.EventBridge(), Containers: session.ECS(), Environments: session.Beanstalk(), DynamoDB: session.DynamoDB(), SQS: session.SQS()}
	if s.cfg.Clients != nil {
		clients = s.cfg.Clients(clients)
	}
	config := s.config
	config.Side = session.Side
	h := wire.Handler(config, clients)
	if s.cfg.Alter != nil {
		s.cfg.Alter(h)
	}
	return h
}

// groups makes the owner's side: image, subnets, and a launch template for each group.
func (s *Stage) groups(ctx context.Context, cfg Config) error {
	image := s.Cloud.CreateImage("")
	if cfg.Group.ZonesOnly {
		s.Cloud.CreateDefaultSubnets()
	} else {
		s.Cloud.CreateSubnets()
	}
	for _, spec := range append([]cloudsim.GroupSpec{cfg.Group}, cfg.More...) {
		if err := s.group(ctx, cfg, spec, image); err != nil {
			return err
		}
	}
	return nil
}

func (s *Stage) group(ctx context.Context, cfg Config, spec cloudsim.GroupSpec, image string) error {
	data := &types.RequestLaunchTemplateData{
		ImageId: &image, InstanceType: types.InstanceType(cfg.Type),
		UserData:           aws.String(base64.StdEncoding.EncodeToString(cfg.UserData)),
		IamInstanceProfile: &types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: aws.String(spec.Name)},
	}
	if cfg.Template != nil {
		cfg.Template(data)
	}
	lt, err := s.owner.EC2().CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String(spec.Name + "-template"), LaunchTemplateData: data})
	if err != nil {
		return fmt.Errorf("create the owner's launch template: %w", err)
	}
	spec.LaunchTemplate = aws.ToString(lt.LaunchTemplate.LaunchTemplateId)
	return s.Cloud.CreateGroup(spec)
}

// Serving counts the group's members in service whose application is up, spot or on-demand.
func (s *Stage) Serving(spot bool) int {
	return s.ServingOf(s.Group, spot)
}

// ServingOf is Serving of any group.
func (s *Stage) ServingOf(group string, spot bool) int {
	n := 0
	g, _ := s.Cloud.Group(group)
	for _, m := range g.Members {
		if m.State == "InService" && m.Instance.AppReady && m.Instance.Spot == spot {
			n++
		}
	}
	return n
}

// Record reads a group's ledger record, as it is now. It is asked after every event, so it is decoded once a write.
func (s *Stage) Record(group string) (ledger.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.records[group]; ok {
		return r.Clone(), nil
	}
	r, err := dynamo.Store{API: observer{s.Cloud}, Table: dynamo.DefaultTable}.Get(context.Background(), group)
	if err == nil {
		s.records[group] = r
	}
	return r.Clone(), err
}

// observer reads the ledger as nobody in the cloud can: at once, and as it is.
type observer struct{ cloud *cloudsim.Cloud }

func (o observer) GetItem(_ context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	return &dynamodb.GetItemOutput{Item: o.cloud.Item(aws.ToString(in.TableName), in.Key)}, nil
}

func (o observer) BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	return nil, errors.New("an observer asks for one record")
}

func (o observer) BatchWriteItem(context.Context, *dynamodb.BatchWriteItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error) {
	return nil, errors.New("an observer writes nothing")
}

func (o observer) PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	return nil, errors.New("an observer writes nothing")
}

func (o observer) DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	return nil, errors.New("an observer deletes nothing")
}

func (o observer) Scan(context.Context, *dynamodb.ScanInput, ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error) {
	return nil, errors.New("an observer asks for one record")
}

// written forgets what was decoded before a write.
func (s *Stage) written(e cloudsim.Event) {
	if e.Kind == cloudsim.TableWritten {
		s.mu.Lock()
		delete(s.records, e.Item)
		s.mu.Unlock()
	}
}
