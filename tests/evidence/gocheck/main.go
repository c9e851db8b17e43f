// gocheck verifies a folder of C2SP tlog-tiles with the libraries of the Go project, which know nothing of ours:
//
//	gocheck FOLDER VKEY [OLDER-CHECKPOINT...]
//
// The checkpoint's signature, every entry against its level-0 hash, every tile against the root, inclusion of the
// first, middle and last entry, and consistency with older checkpoints.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func die(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "gocheck:", err)
		os.Exit(1)
	}
}

// folder reads tiles from disk; the library writes paths as tile/8/L/N, the specification as tile/L/N.
type folder string

func (f folder) Height() int { return 8 }

func (f folder) SaveTiles(tiles []tlog.Tile, data [][]byte) {}

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, t := range tiles {
		path := strings.Replace(t.Path(), "tile/8/", "tile/", 1)
		data, err := f.readPart(path, t.W*tlog.HashSize)
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

// readPart takes a part of a tile, or once that is gone the front of the full tile.
func (f folder) readPart(path string, size int) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(string(f), path))
	if os.IsNotExist(err) && strings.Contains(path, ".p/") {
		full, err2 := os.ReadFile(filepath.Join(string(f), path[:strings.Index(path, ".p/")]))
		if err2 == nil && (size < 0 || len(full) >= size) {
			if size >= 0 {
				full = full[:size]
			}
			return full, nil
		}
	}
	if err == nil && size >= 0 && len(data) != size {
		err = fmt.Errorf("%s has %d bytes, not %d", path, len(data), size)
	}
	return data, err
}

func open(path string, verifier note.Verifier) tlog.Tree {
	bytes, err := os.ReadFile(path)
	die(err)
	n, err := note.Open(bytes, note.VerifierList(verifier))
	die(err)
	lines := strings.SplitN(n.Text, "\n", 4)
	if len(lines) < 4 || lines[0] != verifier.Name() {
		die(fmt.Errorf("%s is not a checkpoint of %s", path, verifier.Name()))
	}
	var tree tlog.Tree
	_, err = fmt.Sscanf(lines[1], "%d", &tree.N)
	die(err)
	tree.Hash, err = tlog.ParseHash(lines[2])
	die(err)
	return tree
}

// entries calls each for every entry, read from the bundles.
func (f folder) entries(size int64, each func(i int64, entry []byte)) {
	for i := int64(0); i < size; i += 256 {
		width := size - i
		tile := tlog.Tile{H: 8, L: 0, N: i / 256, W: 256}
		if width < 256 {
			tile.W = int(width)
		}
		path := strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)
		data, err := f.readPart(path, -1)
		die(err)
		for k := int64(0); k < int64(tile.W); k++ {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				die(fmt.Errorf("%s ends in entry %d", path, i+k))
			}
			n := 2 + int(binary.BigEndian.Uint16(data))
			each(i+k, data[2:n])
			data = data[n:]
		}
	}
}

func main() {
	if len(os.Args) < 3 {
		die(fmt.Errorf("usage: gocheck FOLDER VKEY [OLDER-CHECKPOINT...]"))
	}
	f := folder(os.Args[1])
	verifier, err := note.NewVerifier(strings.TrimSpace(os.Args[2]))
	die(err)
	tree := open(filepath.Join(string(f), "checkpoint"), verifier)
	reader := tlog.TileHashReader(tree, f)
	root, err := tlog.TreeHash(tree.N, reader)
	die(err)
	if root != tree.Hash {
		die(fmt.Errorf("the tiles have another root than the checkpoint"))
	}
	var kept = map[int64]tlog.Hash{}
	f.entries(tree.N, func(i int64, entry []byte) {
		hash := tlog.RecordHash(entry)
		stored, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, i)})
		die(err)
		if !bytes.Equal(hash[:], stored[0][:]) {
			die(fmt.Errorf("entry %d is not the one that was signed", i))
		}
		if i == 0 || i == tree.N/2 || i == tree.N-1 {
			kept[i] = hash
		}
	})
	for i, hash := range kept {
		proof, err := tlog.ProveRecord(tree.N, i, reader)
		die(err)
		die(tlog.CheckRecord(proof, tree.N, tree.Hash, i, hash))
	}
	for _, path := range os.Args[3:] {
		older := open(path, verifier)
		proof, err := tlog.ProveTree(tree.N, older.N, reader)
		die(err)
		die(tlog.CheckTree(proof, tree.N, tree.Hash, older.N, older.Hash))
	}
	fmt.Printf("ok %s %d\n", verifier.Name(), tree.N)
}
