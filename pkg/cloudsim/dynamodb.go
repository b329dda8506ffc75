package cloudsim

import (
	"context"
	"encoding/json"
	"sort"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// DynamoDB is a session's DynamoDB client.
type DynamoDB struct{ s *Session }

type item = map[string]ddb.AttributeValue

type table struct {
	name  string
	keys  []string // hash, then range if any
	items map[string]*row
}

// row is one key's item; nil value is deleted. past serves eventually consistent reads.
type row struct {
	value item
	past  history[item]
}

func (c *Cloud) mustTable(name *string) (*table, error) {
	if t := c.tables[aws.ToString(name)]; t != nil {
		return t, nil
	}
	return nil, &ddb.ResourceNotFoundException{Message: aws.String("Requested resource not found: Table: " + aws.ToString(name) + " not found")}
}

// keyOf is the item's primary key as one string.
func (t *table) keyOf(it item) (string, error) {
	var parts []string
	for _, k := range t.keys {
		switch v := it[k].(type) {
		case *ddb.AttributeValueMemberS:
			parts = append(parts, "S"+v.Value)
		case *ddb.AttributeValueMemberN:
			parts = append(parts, "N"+v.Value)
		default:
			return "", apiError("ValidationException", "One or more parameter values were invalid: Missing the key %s in the item", k)
		}
	}
	raw, err := json.Marshal(parts)
	return string(raw), err
}

// CreateTable makes a table that is ACTIVE at once.
func (d *DynamoDB) CreateTable(ctx context.Context, in *dynamodb.CreateTableInput, _ ...func(*dynamodb.Options)) (*dynamodb.CreateTableOutput, error) {
	return call(ctx, d.s, request{svcDynamoDB, "CreateTable", true}, in, func(in *dynamodb.CreateTableInput) (*dynamodb.CreateTableOutput, error) {
		c, name := d.s.cloud, aws.ToString(in.TableName)
		if c.tables[name] != nil {
			return nil, &ddb.ResourceInUseException{Message: aws.String("Table already exists: " + name)}
		}
		t := &table{name: name, items: map[string]*row{}}
		for _, want := range []ddb.KeyType{ddb.KeyTypeHash, ddb.KeyTypeRange} {
			for _, k := range in.KeySchema {
				if k.KeyType == want {
					t.keys = append(t.keys, aws.ToString(k.AttributeName))
				}
			}
		}
		if len(t.keys) == 0 {
			return nil, apiError("ValidationException", "The table %s needs a HASH key in KeySchema", name)
		}
		c.tables[name] = t
		return &dynamodb.CreateTableOutput{TableDescription: t.describe(c)}, nil
	})
}

func (t *table) describe(c *Cloud) *ddb.TableDescription {
	return &ddb.TableDescription{TableName: aws.String(t.name), TableStatus: ddb.TableStatusActive, TableArn: aws.String(c.arn("dynamodb", "table/"+t.name)),
		ItemCount: aws.Int64(int64(len(t.items)))}
}

// DescribeTable shows a table.
func (d *DynamoDB) DescribeTable(ctx context.Context, in *dynamodb.DescribeTableInput, _ ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error) {
	return call(ctx, d.s, request{svcDynamoDB, "DescribeTable", false}, in, func(in *dynamodb.DescribeTableInput) (*dynamodb.DescribeTableOutput, error) {
		t, err := d.s.cloud.mustTable(in.TableName)
		if err != nil {
			return nil, err
		}
		return &dynamodb.DescribeTableOutput{Table: t.describe(d.s.cloud)}, nil
	})
}

// GetItem is stale by up to Faults.ReadLag unless ConsistentRead is set.
func (d *DynamoDB) GetItem(ctx context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	return call(ctx, d.s, request{svcDynamoDB, "GetItem", false}, in, func(in *dynamodb.GetItemInput) (*dynamodb.GetItemOutput, error) {
		c := d.s.cloud
		t, err := c.mustTable(in.TableName)
		if err != nil {
			return nil, err
		}
		key, err := t.keyOf(in.Key)
		if err != nil {
			return nil, err
		}
		return &dynamodb.GetItemOutput{Item: c.readRow(t.items[key], aws.ToBool(in.ConsistentRead))}, nil
	})
}

func (c *Cloud) readRow(r *row, consistent bool) item {
	if r == nil {
		return nil
	}
	if consistent || c.cfg.Faults.ReadLag <= 0 {
		return copyItem(r.value)
	}
	v, _ := r.past.asOf(c.readTime())
	return copyItem(v)
}

// PutItem replaces an item if the condition holds on the present one.
func (d *DynamoDB) PutItem(ctx context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	return call(ctx, d.s, request{svcDynamoDB, "PutItem", true}, in, func(in *dynamodb.PutItemInput) (*dynamodb.PutItemOutput, error) {
		old, err := d.s.cloud.write(in.TableName, in.Item, copyItem(in.Item), in.ConditionExpression, in.ExpressionAttributeNames, in.ExpressionAttributeValues)
		if err != nil {
			return nil, withOld(err, old, in.ReturnValuesOnConditionCheckFailure)
		}
		out := &dynamodb.PutItemOutput{}
		if in.ReturnValues == ddb.ReturnValueAllOld {
			out.Attributes = old
		}
		return out, nil
	})
}

// DeleteItem removes an item if the condition holds; a missing one is no error.
func (d *DynamoDB) DeleteItem(ctx context.Context, in *dynamodb.DeleteItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	return call(ctx, d.s, request{svcDynamoDB, "DeleteItem", true}, in, func(in *dynamodb.DeleteItemInput) (*dynamodb.DeleteItemOutput, error) {
		old, err := d.s.cloud.write(in.TableName, in.Key, nil, in.ConditionExpression, in.ExpressionAttributeNames, in.ExpressionAttributeValues)
		if err != nil {
			return nil, withOld(err, old, in.ReturnValuesOnConditionCheckFailure)
		}
		out := &dynamodb.DeleteItemOutput{}
		if in.ReturnValues == ddb.ReturnValueAllOld {
			out.Attributes = old
		}
		return out, nil
	})
}

func withOld(err error, old item, want ddb.ReturnValuesOnConditionCheckFailure) error {
	if failed, ok := err.(*ddb.ConditionalCheckFailedException); ok && want == ddb.ReturnValuesOnConditionCheckFailureAllOld {
		failed.Item = old
	}
	return err
}

// write stores value (nil deletes) under the key found in keyed, and returns a copy of what was there.
func (c *Cloud) write(name *string, keyed, value item, condition *string, names map[string]string, values item) (old item, err error) {
	t, err := c.mustTable(name)
	if err != nil {
		return nil, err
	}
	key, err := t.keyOf(keyed)
	if err != nil {
		return nil, err
	}
	if err := fitsTable(value); err != nil {
		return nil, err
	}
	r := t.items[key]
	if r == nil {
		r = &row{}
	}
	old = copyItem(r.value)
	if expr := aws.ToString(condition); expr != "" {
		ok, err := evalCondition(expr, names, values, r.value)
		if err != nil {
			return nil, err
		}
		if !ok {
			return old, &ddb.ConditionalCheckFailedException{Message: aws.String("The conditional request failed")}
		}
	}
	t.items[key] = r
	r.value = value
	r.past.add(c.clock(), c.cfg.Faults.ReadLag, value)
	hash, _ := keyed[t.keys[0]].(*ddb.AttributeValueMemberS)
	c.emit(Event{Kind: TableWritten, Text: t.name + " " + key, Item: textOf(hash)})
	return old, nil
}

// Scan lists the items in the order of their keys, in pages of Limit; filters are not simulated.
func (d *DynamoDB) Scan(ctx context.Context, in *dynamodb.ScanInput, _ ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error) {
	return call(ctx, d.s, request{svcDynamoDB, "Scan", false}, in, func(in *dynamodb.ScanInput) (*dynamodb.ScanOutput, error) {
		c := d.s.cloud
		t, err := c.mustTable(in.TableName)
		if err != nil {
			return nil, err
		}
		after := ""
		if in.ExclusiveStartKey != nil {
			if after, err = t.keyOf(in.ExclusiveStartKey); err != nil {
				return nil, err
			}
		}
		return filtered(t.page(c, after, int(aws.ToInt32(in.Limit)), aws.ToBool(in.ConsistentRead)), in)
	})
}

// filtered applies the filter to a page that is read already, as DynamoDB does: Limit counts what was scanned.
func filtered(page *dynamodb.ScanOutput, in *dynamodb.ScanInput) (*dynamodb.ScanOutput, error) {
	if in.FilterExpression == nil {
		return page, nil
	}
	var keep []map[string]ddb.AttributeValue
	for _, it := range page.Items {
		ok, err := evalCondition(*in.FilterExpression, in.ExpressionAttributeNames, in.ExpressionAttributeValues, it)
		if err != nil {
			return nil, err
		}
		if ok {
			keep = append(keep, it)
		}
	}
	page.Items, page.Count = keep, int32(len(keep))
	return page, nil
}

// Item reads an item for an observer: without a session, so without latency, faults or lag. It is nil where there is
// none.
func (c *Cloud) Item(tableName string, key map[string]ddb.AttributeValue) map[string]ddb.AttributeValue {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, err := c.mustTable(&tableName)
	if err != nil {
		return nil
	}
	k, err := t.keyOf(key)
	if err != nil {
		return nil
	}
	return c.readRow(t.items[k], true)
}

func (t *table) page(c *Cloud, after string, limit int, consistent bool) *dynamodb.ScanOutput {
	out := &dynamodb.ScanOutput{}
	keys := sortedKeys(t.items)
	for _, key := range keys[sort.SearchStrings(keys, after):] {
		if key == after {
			continue
		}
		it := c.readRow(t.items[key], consistent)
		if it == nil {
			continue
		}
		if limit > 0 && len(out.Items) == limit {
			last := out.Items[limit-1]
			out.LastEvaluatedKey = item{}
			for _, k := range t.keys {
				out.LastEvaluatedKey[k] = last[k]
			}
			break
		}
		out.Items = append(out.Items, it)
	}
	out.Count, out.ScannedCount = int32(len(out.Items)), int32(len(out.Items))
	return out
}

func textOf(v *ddb.AttributeValueMemberS) string {
	if v == nil {
		return ""
	}
	return v.Value
}
