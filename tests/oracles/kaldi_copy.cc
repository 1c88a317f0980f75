// Reads Kaldi's files with Kaldi's own code and writes them again, binary and text: see kaldi_libraries.py.
//
//   kaldi_copy topo|tree|model IN OUT.binary OUT.text
//   kaldi_copy convert OLD.mdl NEW.mdl NEW.tree reorder < OLD.ali > NEW.ali      (a line each: transition ids)
//
// The libraries come without headers, so the classes are declared here, as far as needed: functions of the same name and types,
// and storage larger than theirs. All zeros is what their constructors leave, but for the vtable of ContextDependency.
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

extern char kTreeVtable[] asm("_ZTVN5kaldi17ContextDependencyE");

namespace kaldi {
struct Storage {
  alignas(16) char bytes[4096];
  Storage() { std::memset(bytes, 0, sizeof bytes); }
};
struct HmmTopology : Storage {
  void Read(std::istream &, bool);
  void Write(std::ostream &, bool) const;
};
struct TransitionModel : Storage {
  void Read(std::istream &, bool);
  void Write(std::ostream &, bool) const;
};
struct AmDiagGmm : Storage {
  void Read(std::istream &, bool);
  void Write(std::ostream &, bool) const;
};
struct ContextDependencyInterface : Storage {};
struct ContextDependency : ContextDependencyInterface {
  ContextDependency() { *reinterpret_cast<char **>(bytes) = kTreeVtable + 16; }
  void Read(std::istream &, bool);
  void Write(std::ostream &, bool) const;
};
bool ConvertAlignment(const TransitionModel &, const TransitionModel &, const ContextDependencyInterface &, const std::vector<int> &, int,
                      bool, bool, const std::vector<int> *, std::vector<int> *);
}  // namespace kaldi

struct Model {
  kaldi::TransitionModel transitions;
  kaldi::AmDiagGmm gmms;
  void Read(std::istream &in, bool binary) { transitions.Read(in, binary), gmms.Read(in, binary); }
  void Write(std::ostream &out, bool binary) const { transitions.Write(out, binary), gmms.Write(out, binary); }
};

template <class T>
void Read(const char *path, T *object) {
  std::ifstream in(path, std::ios::binary);
  bool binary = in.peek() == '\0';
  if (binary) in.ignore(2);
  object->Read(in, binary);
}

template <class T>
void Copy(char **paths) {
  static T object;  // never destroyed: the destructors are not declared
  Read(paths[0], &object);
  std::ofstream binary(paths[1], std::ios::binary), text(paths[2]);
  binary.write("\0B", 2);
  object.Write(binary, true);
  text.precision(7);  // as Kaldi sets it on every text file
  object.Write(text, false);
}

void Convert(char **arguments) {
  static Model old_model, new_model;
  static kaldi::ContextDependency tree;
  Read(arguments[0], &old_model), Read(arguments[1], &new_model), Read(arguments[2], &tree);
  for (std::string line; std::getline(std::cin, line); std::cout << '\n') {
    std::vector<int> old_tids, new_tids;
    std::istringstream words(line);
    for (int tid; words >> tid;) old_tids.push_back(tid);
    kaldi::ConvertAlignment(old_model.transitions, new_model.transitions, tree, old_tids, 1, false, arguments[3][0] == '1', nullptr,
                            &new_tids);
    for (int tid : new_tids) std::cout << tid << ' ';
  }
}

int main(int, char **argv) {
  std::string what = argv[1];
  if (what == "topo") Copy<kaldi::HmmTopology>(argv + 2);
  if (what == "tree") Copy<kaldi::ContextDependency>(argv + 2);
  if (what == "model") Copy<Model>(argv + 2);
  if (what == "convert") Convert(argv + 2);
}
