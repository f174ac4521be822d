package sim

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// host serves files on this machine: /a.txt, /pic (a picture without a name), /moved (which leads to /a.txt), and
// nothing else.
type host struct {
	*httptest.Server
	calls atomic.Int32
}

func fileHost(t *testing.T) *host {
	t.Helper()
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 1000, 800))); err != nil {
		t.Fatal(err)
	}
	h := &host{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.calls.Add(1)
		switch r.URL.Path {
		case "/a.txt":
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = io.WriteString(w, "hello")
		case "/":
			_, _ = w.Write(picture.Bytes())
		case "/moved":
			http.Redirect(w, r, "/a.txt", http.StatusFound)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		case "/html":
			_, _ = io.WriteString(w, "<html><form>login</form></html>")
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(h.Close)
	return h
}

// settled waits until no file is being fetched and returns the cell.
func (a *airtable) settled(table, id string) list {
	a.t.Helper()
	a.sim.world.fetcher.wait.Wait()
	files, _ := a.fields(table, id)["Files"].(list)
	return files
}

// download gets a url of an attachment from the simulator.
func (a *airtable) download(url any) (int, string, http.Header) {
	a.t.Helper()
	path, found := strings.CutPrefix(url.(string), "http://example.com")
	if !found {
		a.t.Fatalf("%v is not served here", url)
	}
	out := httptest.NewRecorder()
	a.sim.Handler().ServeHTTP(out, httptest.NewRequest("GET", path, nil))
	return out.Code, out.Body.String(), out.Header()
}

func TestAttachmentsAreFetchedAndServed(t *testing.T) {
	t.Parallel()
	h, path := fileHost(t), filepath.Join(t.TempDir(), "sim.data")
	a := setup(t, onFile(path))
	people, _ := a.crm()
	id := a.create(people, obj{"Name": "Ann", "Files": list{obj{"url": h.URL + "/a.txt"}, obj{"url": h.URL}, obj{"url": h.URL + "/moved", "filename": "b.txt"}, obj{"url": h.URL + "/html"}}})[0]
	before := a.settled(people, id)
	for _, one := range []*airtable{a, a.reopened(t, path)} {
		one.t = t
		files := one.settled(people, id)
		if diff := cmp.Diff(before, files); diff != "" {
			t.Errorf("after a restart: %s", diff)
		}
		text, picture, moved, page := files[0].(obj), files[1].(obj), files[2].(obj), files[3].(obj)
		url := text["url"]
		if diff := cmp.Diff(obj{"id": text["id"], "url": url, "filename": "a.txt", "size": 5.0, "type": "text/plain"}, text); diff != "" {
			t.Error(diff)
		}
		if moved["filename"] != "b.txt" || moved["size"] != 5.0 || page["type"] != "text/html" {
			t.Errorf("got %v and %v", moved, page)
		}
		if picture["width"] != 1000.0 || picture["height"] != 800.0 || picture["type"] != "image/png" || picture["filename"] != "a.png" {
			t.Errorf("got %v", picture)
		}
		want := obj{"small": obj{"url": picture["url"], "width": 45.0, "height": 36.0}, "large": obj{"url": picture["url"], "width": 640.0, "height": 512.0},
			"full": obj{"url": picture["url"], "width": 3000.0, "height": 3000.0}}
		if diff := cmp.Diff(want, picture["thumbnails"]); diff != "" {
			t.Error(diff)
		}
		if status, body, header := one.download(url); status != 200 || body != "hello" || header.Get("Content-Type") != "text/plain" {
			t.Errorf("got %d %s %v", status, body, header)
		}
	}
	if got := h.calls.Load(); got != 5 { // one of them was redirected
		t.Errorf("fetched %d times", got)
	}
}

func TestURLsOfAttachmentsExpire(t *testing.T) {
	t.Parallel()
	h := fileHost(t)
	a := setup(t)
	people, _ := a.crm()
	id := a.create(people, obj{"Files": list{obj{"url": h.URL + "/a.txt"}}})[0]
	first := a.settled(people, id)[0].(obj)["url"]
	a.clock.pass(2 * time.Hour)
	if status, _, _ := a.download(first); status != 200 {
		t.Errorf("after two hours: %d", status)
	}
	a.clock.pass(time.Second)
	if status, body, _ := a.download(first); status != 410 || strings.Contains(body, "hello") {
		t.Errorf("after more than two hours: %d %s", status, body)
	}
	second := a.settled(people, id)[0].(obj)["url"]
	if status, body, _ := a.download(second); first == second || status != 200 || body != "hello" {
		t.Errorf("read again: %d %s", status, body)
	}
	for _, wrong := range []string{strings.Replace(second.(string), "/a.txt", "/b.txt", 1), "http://example.com/v3/u/1/2/3/4", "http://example.com/v3/u/", strings.Replace(second.(string), "/u/1", "/u/9", 1)} {
		if status, _, _ := a.download(wrong); status != 404 {
			t.Errorf("%s: %d", wrong, status)
		}
	}
	fast := setup(t, func(c *Config) { c.Speed = 3600 })
	people, _ = fast.crm()
	id = fast.create(people, obj{"Files": list{obj{"url": h.URL + "/a.txt"}}})[0]
	url := fast.settled(people, id)[0].(obj)["url"]
	fast.clock.pass(3 * time.Second)
	if status, _, _ := fast.download(url); status != 410 {
		t.Errorf("at 3,600 times the pace: %d", status)
	}
}

func TestAnAttachmentIsCopiedByItsURLAndKeptByItsID(t *testing.T) {
	t.Parallel()
	h := fileHost(t)
	a := setup(t)
	server := httptest.NewServer(a.sim.Handler())
	defer server.Close()
	people, _ := a.crm()
	ids := a.create(people, obj{"Files": list{obj{"url": h.URL + "/a.txt"}, obj{"url": h.URL + "/moved"}}}, obj{"Name": "Bob"})
	source := a.settled(people, ids[0])[0].(obj)
	url := strings.Replace(source["url"].(string), "http://example.com", server.URL, 1)
	a.ok("PATCH", a.at(people)+"/"+ids[1], obj{"fields": obj{"Files": list{obj{"url": url, "filename": "copy.txt"}}}})
	made := a.settled(people, ids[1])[0].(obj)
	if made["id"] == source["id"] || made["filename"] != "copy.txt" || made["size"] != 5.0 || h.calls.Load() != 3 {
		t.Errorf("got %v", made)
	}
	a.ok("PATCH", a.at(people)+"/"+ids[0], obj{"fields": obj{"Files": list{obj{"id": source["id"], "size": 5, "type": "x"}}}})
	if diff := cmp.Diff(list{source}, a.settled(people, ids[0])); diff != "" {
		t.Error(diff)
	}
}

func TestAFileThatCannotBeFetchedDisappears(t *testing.T) {
	t.Parallel()
	h, path := fileHost(t), filepath.Join(t.TempDir(), "sim.data")
	a := setup(t, onFile(path))
	people, _ := a.crm()
	bad := obj{"Files": list{obj{"url": h.URL + "/gone"}, obj{"url": h.URL + "/a.txt"}}}
	for range 2 {
		status, text, _ := a.call("POST", a.at(people), obj{"fields": bad})
		if status != 200 || strings.Contains(text, "details") {
			t.Fatalf("the first failures are silent: %d %s", status, text)
		}
		var made obj
		if err := json.Unmarshal([]byte(text), &made); err != nil {
			t.Fatal(err)
		}
		files := a.settled(people, made["id"].(string))
		if len(files) != 1 || files[0].(obj)["size"] != 5.0 {
			t.Errorf("got %v", files)
		}
	}
	made := a.ok("POST", a.at(people), obj{"fields": bad})
	want := obj{"message": "partialSuccess", "reasons": list{"attachmentsFailedUploading"}}
	if diff := cmp.Diff(want, made["details"]); diff != "" || len(made["fields"].(obj)["Files"].(list)) != 1 {
		t.Errorf("a url that failed repeatedly: %v", made)
	}
	round := a.create(people, obj{"Files": list{obj{"url": h.URL + "/round"}}})[0]
	if files := a.settled(people, round); files != nil {
		t.Errorf("redirects without end: %v", files)
	}
	if got := a.names(people, "filterByFormula", "AND(LEN({Files})=0,LAST_MODIFIED_TIME()>CREATED_TIME())"); got != "" {
		t.Errorf("losing a file counts as a modification: %s", got)
	}
}

func TestWhatIsPendingIsFetchedAfterARestart(t *testing.T) {
	t.Parallel()
	h, path := fileHost(t), filepath.Join(t.TempDir(), "sim.data")
	a := setup(t, onFile(path))
	people, _ := a.crm()
	a.ok("PUT", "/_sim/faults", obj{"attachment_delay_ms": 600_000})
	made := a.ok("POST", a.at(people), obj{"records": list{obj{"fields": obj{"Files": list{obj{"url": h.URL + "/a.txt"}}}}}})["records"].(list)[0].(obj)
	file := made["fields"].(obj)["Files"].(list)[0].(obj)
	if diff := cmp.Diff(obj{"id": file["id"], "url": h.URL + "/a.txt", "filename": "a.txt"}, file); diff != "" {
		t.Errorf("before it is fetched: %s", diff)
	}
	if err := a.sim.Close(); err != nil {
		t.Fatal(err)
	}
	b := setup(t, onFile(path), func(c *Config) { c.Clock.(*handClock).pass(time.Hour) })
	b.base = a.base
	if got := b.settled(people, made["id"].(string))[0].(obj); got["size"] != 5.0 || got["id"] != file["id"] {
		t.Errorf("got %v", got)
	}
	if got := b.records(people, "filterByFormula", "LAST_MODIFIED_TIME()>CREATED_TIME()"); got != nil {
		t.Errorf("fetching a file counts as a modification: %v", got)
	}
}

func TestFilesThatNobodyHasAreRemovedAtAStart(t *testing.T) {
	t.Parallel()
	h, path := fileHost(t), filepath.Join(t.TempDir(), "sim.data")
	a := setup(t, onFile(path))
	people, _ := a.crm()
	ids := a.create(people, obj{"Files": list{obj{"url": h.URL + "/a.txt"}}}, obj{"Files": list{obj{"url": h.URL}}})
	a.settled(people, ids[0])
	a.ok("DELETE", a.at(people)+"/"+ids[0], nil)
	count := func() int {
		names, err := filepath.Glob(path + ".files/*")
		if err != nil {
			t.Fatal(err)
		}
		return len(names)
	}
	if before := count(); before != 2 {
		t.Errorf("%d files", before)
	}
	b := a.reopened(t, path)
	if after := count(); after != 1 || b.settled(people, ids[1])[0].(obj)["width"] != 1000.0 {
		t.Errorf("%d files are left", after)
	}
}

func TestOnlyCallersOnThisMachineHaveItsFilesFetched(t *testing.T) {
	t.Parallel()
	h := fileHost(t)
	a := setup(t)
	people, _ := a.crm()
	request := httptest.NewRequest("POST", a.at(people), strings.NewReader(`{"fields":{"Files":[{"url":"`+h.URL+`/a.txt"}]}}`))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer patAll")
	request.RemoteAddr = "192.0.2.1:5"
	out := httptest.NewRecorder()
	a.sim.Handler().ServeHTTP(out, request)
	a.sim.world.fetcher.wait.Wait()
	if out.Code != 200 || h.calls.Load() != 0 {
		t.Errorf("got %d %s after %d calls", out.Code, out.Body, h.calls.Load())
	}
	a.ok("PUT", "/_sim/faults", obj{"fetch_attachments": "none"})
	id := a.create(people, obj{"Files": list{obj{"url": h.URL + "/a.txt"}}})[0]
	if got := a.settled(people, id)[0].(obj); got["url"] != h.URL+"/a.txt" || h.calls.Load() != 0 {
		t.Errorf("got %v", got)
	}
}
