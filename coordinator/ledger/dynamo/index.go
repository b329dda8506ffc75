package dynamo

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"autospotting/coordinator/ledger"
)

// Before an instance's id in the key of the item that names its group, and before a group's name in that of its sketch.
const (
	instanceOf = "instance:"
	sketchOf   = "sketch:"
	attrOf     = "group"
)

const (
	mostGets   = 100 // DynamoDB API, BatchGetItem
	mostWrites = 25  // DynamoDB API, BatchWriteItem
	writeTries = 3   // what is left unprocessed then is written with the next sketch
)

// Groups names the groups of instances, as they were last noted; who was not is missing in the answer, and so may be who was.
func (d Store) Groups(ctx context.Context, instances []string) (map[string]string, error) {
	of := map[string]string{}
	for chunk := range slices.Chunk(instances, mostGets) {
		var keys []map[string]types.AttributeValue
		for _, id := range chunk {
			keys = append(keys, key(instanceOf+id))
		}
		out, err := d.API.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{d.Table: {Keys: keys}}})
		if err != nil {
			return nil, fmt.Errorf("read the groups of %d instances from table %s: %w", len(chunk), d.Table, err)
		}
		for _, item := range out.Responses[d.Table] {
			of[textOf(item[attrGroup])[len(instanceOf):]] = textOf(item[attrOf])
		}
	}
	return of, nil
}

// Recall reads all that is kept of a group at once and consistently: its record, the copy of what a launch needs, and the sketch. The last two are nil
// where there are none.
func (d Store) Recall(ctx context.Context, group string) (rec ledger.Record, copied, sketch []byte, err error) {
	fail := func(err error) (ledger.Record, []byte, []byte, error) {
		return ledger.Record{}, nil, nil, fmt.Errorf("recall group %q from table %s: %w", group, d.Table, err)
	}
	out, err := d.API.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
		d.Table: {Keys: []map[string]types.AttributeValue{key(group), copyKey(group), key(sketchOf + group)}, ConsistentRead: aws.Bool(true)}}})
	if err != nil {
		return fail(err)
	}
	if len(out.UnprocessedKeys) > 0 {
		return fail(errors.New("DynamoDB left a part of it for later"))
	}
	rec = ledger.Record{Group: group}
	for _, item := range out.Responses[d.Table] {
		switch textOf(item[attrGroup]) {
		case group:
			rec, err = fromItem(group, item)
		case copyOf + group:
			copied, err = unpacked(item)
		case sketchOf + group:
			sketch, err = unpacked(item)
		}
		if err != nil {
			return fail(err)
		}
	}
	return rec, copied, sketch, nil
}

// Sketch reads the group's sketch; nil where there is none.
func (d Store) Sketch(ctx context.Context, group string) ([]byte, error) {
	out, err := d.API.GetItem(ctx, &dynamodb.GetItemInput{TableName: &d.Table, Key: key(sketchOf + group)})
	if err == nil {
		var body []byte
		if body, err = unpacked(out.Item); err == nil {
			return body, nil
		}
	}
	return nil, fmt.Errorf("read the sketch of group %q from table %s: %w", group, d.Table, err)
}

// Keep notes the group of instances that came, forgets those that went, and writes the group's sketch, whoever wrote one before. The sketch is last: what
// is in it has been noted.
func (d Store) Keep(ctx context.Context, group string, sketch []byte, came, went []string) error {
	var writes []types.WriteRequest
	for _, id := range came {
		item := key(instanceOf + id)
		item[attrOf] = &types.AttributeValueMemberS{Value: group}
		writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: item}})
	}
	for _, id := range went {
		writes = append(writes, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: key(instanceOf + id)}})
	}
	for chunk := range slices.Chunk(writes, mostWrites) {
		if err := d.writeSome(ctx, chunk); err != nil {
			return fmt.Errorf("note the instances of group %q in table %s: %w", group, d.Table, err)
		}
	}
	item := key(sketchOf + group)
	item[attrPacked] = &types.AttributeValueMemberB{Value: ledger.Pack(sketch)}
	if _, err := d.API.PutItem(ctx, &dynamodb.PutItemInput{TableName: &d.Table, Item: item}); err != nil {
		return fmt.Errorf("write the sketch of group %q to table %s: %w", group, d.Table, err)
	}
	return nil
}

func (d Store) writeSome(ctx context.Context, some []types.WriteRequest) error {
	for range writeTries {
		out, err := d.API.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{d.Table: some}})
		if err != nil {
			return err
		}
		if some = out.UnprocessedItems[d.Table]; len(some) == 0 {
			return nil
		}
	}
	return fmt.Errorf("DynamoDB left %d for later", len(some))
}

func textOf(v types.AttributeValue) string {
	s, _ := v.(*types.AttributeValueMemberS)
	if s == nil {
		return ""
	}
	return s.Value
}
