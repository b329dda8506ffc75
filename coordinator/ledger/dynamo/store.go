// Package dynamo keeps the ledger in one DynamoDB table.
package dynamo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"autospotting/coordinator/ledger"
)

// Table attributes. The body is one JSON document, so that a new field needs no migration.
const (
	attrGroup    = "asg"
	attrRevision = "revision"
	attrOpen     = "unfinished" // for people and alarms; the coordinator does not read it
	attrCalm     = "calm"       // how the group was when nothing was left to do for it, for ticks: ledger.Calm as JSON
	attrBody     = "body"
	attrPacked   = "packed" // the body as ledger.Record.Stored packs it, where it is too long to be read by people anyway
)

// DefaultTable is the fixed name of the ledger table: a second stack in the region fails to install instead of competing.
const DefaultTable = "autospotting-ledger"

// API is what the store calls.
type API interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
	BatchWriteItem(context.Context, *dynamodb.BatchWriteItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error)
	Scan(context.Context, *dynamodb.ScanInput, ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error)
}

var _ API = (*dynamodb.Client)(nil)

// Store keeps records in one DynamoDB table with the string hash key "asg".
type Store struct {
	API   API
	Table string
}

// Get reads consistently; a group without an item has an empty record at revision 0.
func (d Store) Get(ctx context.Context, group string) (ledger.Record, error) {
	out, err := d.API.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &d.Table, ConsistentRead: aws.Bool(true),
		Key: map[string]types.AttributeValue{attrGroup: &types.AttributeValueMemberS{Value: group}},
	})
	if err != nil {
		return ledger.Record{}, fmt.Errorf("read the record of group %q from table %s: %w", group, d.Table, err)
	}
	if len(out.Item) == 0 {
		return ledger.Record{Group: group}, nil
	}
	return fromItem(group, out.Item)
}

// Put writes r if its revision is still the stored one, and returns it with the new revision, or ledger.ErrConflict.
func (d Store) Put(ctx context.Context, r ledger.Record) (ledger.Record, error) {
	body, packed, err := r.Stored()
	if err != nil {
		return r, err
	}
	in := &dynamodb.PutItemInput{
		TableName: &d.Table,
		Item: map[string]types.AttributeValue{
			attrGroup:    &types.AttributeValueMemberS{Value: r.Group},
			attrRevision: number(r.Revision + 1),
			attrOpen:     &types.AttributeValueMemberBOOL{Value: r.Open()},
		},
		ConditionExpression: aws.String("attribute_not_exists(" + attrGroup + ")"),
	}
	if r.Calm.Print != "" {
		calm, err := json.Marshal(r.Calm)
		if err != nil {
			return r, fmt.Errorf("encode how group %q is when calm: %w", r.Group, err)
		}
		in.Item[attrCalm] = &types.AttributeValueMemberS{Value: string(calm)}
	}
	if packed {
		in.Item[attrPacked] = &types.AttributeValueMemberB{Value: body}
	} else {
		in.Item[attrBody] = &types.AttributeValueMemberS{Value: string(body)}
	}
	if r.Revision > 0 {
		in.ConditionExpression = aws.String(attrRevision + " = :seen")
		in.ExpressionAttributeValues = map[string]types.AttributeValue{":seen": number(r.Revision)}
	}
	if _, err := d.API.PutItem(ctx, in); err != nil {
		var conflict *types.ConditionalCheckFailedException
		if errors.As(err, &conflict) {
			err = ledger.ErrConflict
		}
		return r, fmt.Errorf("write the record of group %q at revision %d to table %s: %w", r.Group, r.Revision, d.Table, err)
	}
	r.Revision++
	return r, nil
}

// Delete removes the group's record if its revision is still the stored one, else it returns ledger.ErrConflict. The group's copy goes with it.
func (d Store) Delete(ctx context.Context, r ledger.Record) error {
	_, err := d.API.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &d.Table, Key: map[string]types.AttributeValue{attrGroup: &types.AttributeValueMemberS{Value: r.Group}},
		ConditionExpression:       aws.String(attrRevision + " = :seen"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":seen": number(r.Revision)},
	})
	var conflict *types.ConditionalCheckFailedException
	if errors.As(err, &conflict) {
		err = ledger.ErrConflict
	}
	if err != nil {
		return fmt.Errorf("delete the record of group %q at revision %d from table %s: %w", r.Group, r.Revision, d.Table, err)
	}
	return d.dropCopy(ctx, r.Group)
}

// Known names the groups that have a record, in order. A group that is not served any more has one until nothing of ours is left.
func (d Store) Known(ctx context.Context) ([]string, error) {
	known, err := d.Calm(ctx)
	return slices.Sorted(maps.Keys(known)), err
}

// Calm gives the groups that have a record, and of each how it was when nothing was left to do for it; zero where something is, or it cannot be read.
func (d Store) Calm(ctx context.Context) (map[string]ledger.Calm, error) {
	known := map[string]ledger.Calm{}
	in := &dynamodb.ScanInput{
		TableName: &d.Table, ConsistentRead: aws.Bool(true),
		ProjectionExpression: aws.String("#asg, #calm"), ExpressionAttributeNames: map[string]string{"#asg": attrGroup, "#calm": attrCalm},
	}
	for {
		out, err := d.API.Scan(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("list the records of table %s: %w", d.Table, err)
		}
		for _, item := range out.Items {
			if s, ok := item[attrGroup].(*types.AttributeValueMemberS); ok && isRecord(s.Value) {
				var calm ledger.Calm
				if c, ok := item[attrCalm].(*types.AttributeValueMemberS); ok && json.Unmarshal([]byte(c.Value), &calm) != nil {
					calm = ledger.Calm{}
				}
				known[s.Value] = calm
			}
		}
		if len(out.LastEvaluatedKey) == 0 {
			return known, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

func fromItem(group string, item map[string]types.AttributeValue) (ledger.Record, error) {
	n, ok := item[attrRevision].(*types.AttributeValueMemberN)
	if !ok {
		return ledger.Record{}, fmt.Errorf("the record of group %q has no revision: restore the table from its point-in-time backup", group)
	}
	revision, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil {
		return ledger.Record{}, fmt.Errorf("the record of group %q has revision %q: %w", group, n.Value, err)
	}
	if body, plain := item[attrBody].(*types.AttributeValueMemberS); plain {
		return ledger.Decode([]byte(body.Value), revision)
	}
	packed, ok := item[attrPacked].(*types.AttributeValueMemberB)
	if !ok {
		return ledger.Record{}, fmt.Errorf("the record of group %q has no body: restore the table from its point-in-time backup", group)
	}
	r, err := ledger.Unpack(packed.Value, revision)
	if err != nil {
		return ledger.Record{}, fmt.Errorf("the packed record of group %q: %w: restore the table from its point-in-time backup", group, err)
	}
	return r, nil
}

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}
